import { statSync } from 'node:fs'
import { defined } from '../../contract/defined.ts'
import { readGpac, readOption } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { LogSpec, OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { openerOf } from '../../contract/source-patterns.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { partOf, subjectOf } from './compose.ts'
import { chosenPart } from './part-spec.ts'

const SOCKET = /^(?:udp|tcp|udpu|tcpu):\/\//i
const FORM = 'Right form: routescope relay SRC DST…, such as udp://127.0.0.1:1234/:ext=avc test.mp4.'

/** What a text of `relay` names, and the options behind it. */
type RelayEnd = { readonly name: string; readonly options: readonly (readonly [string, string | null])[] }

/**
 * Makes the session of `relay SRC DST…`: a socket, a media file or a broadcast, whose media goes to sockets and media files.
 * @throws AppFailure bad-command-line for an option that an end does not have, or a wrong value
 */
export function relaySession(
  parts: readonly PartDescription[],
  source: string,
  destinations: readonly string[],
  run: { readonly duration?: number; readonly log?: LogSpec },
): SessionSpec {
  const kind = (name: string): PartDescription => {
    const found = parts.find((part) => part.kind === name)
    if (found === undefined) throw new RangeError(`there is no part ${name}`)
    return found
  }
  const from = splitEnd(source)
  const givers = giversOf(parts, from, kind)
  const takers = destinations.map((text, at) => {
    const to = splitEnd(text)
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(to.name) && !SOCKET.test(to.name))
      throw new AppFailure('bad-command-line', `${to.name} is no destination of a relay.`, FORM)
    const part = kind(SOCKET.test(to.name) ? 'socket-out' : 'media-out')
    return endParts([part], to, [`${destinations.length === 1 ? 'out' : `out${at + 1}`}`])
  })
  return {
    format: 'routescope-session',
    version: 2,
    name: 'relay',
    parts: [...givers, ...takers.flat()],
    ...defined({ durationS: run.duration, log: run.log }),
  }
}

/** The source with the converter behind it. */
function giversOf(
  parts: readonly PartDescription[],
  from: RelayEnd,
  kind: (name: string) => PartDescription,
): PartSpec[] {
  if (SOCKET.test(from.name)) return endParts([kind('socket-in'), kind('media-reader')], from, ['in', 'reader'])
  const opener =
    openerOf(parts, from.name, 'Listen') ?? (isCapture(from.name) ? openerOf(parts, from.name, 'Open') : null)
  if (opener !== null && /^(?:route|atsc|mabr):\/\//i.test(from.name))
    return endParts([opener.part, kind('media-objects')], from, ['source', 'media'])
  if (opener !== null && isCapture(from.name)) {
    const files = partOf(opener.part, 'source', { capture: [from.name], pace: 'real' })
    return [files, ...endParts([kind('media-objects')], from, ['media'])]
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from.name))
    throw new AppFailure('bad-command-line', `${from.name} is no source of a relay.`, FORM)
  return endParts([kind('media-in'), kind('media-reader')], from, ['in', 'reader'])
}

function isCapture(name: string): boolean {
  return /\.(?:pcap|pcapng|cap)(?:\.gz)?$/i.test(name)
}

/**
 * Parts of one end, each with the options that are its own. The first one's subject is the name.
 * @throws AppFailure bad-command-line
 */
function endParts(
  descriptions: readonly PartDescription[],
  { name, options }: RelayEnd,
  ids: readonly string[],
): PartSpec[] {
  const values = descriptions.map((): Record<string, OptionValue> => ({}))
  const [first] = descriptions
  const subject = first === undefined ? undefined : subjectOf(first)
  if (subject !== undefined && values[0] !== undefined) values[0][subject.key] = name
  for (const [word, text] of options) {
    let known = false
    for (const [at, description] of descriptions.entries()) {
      const row = description.options.find(
        (each) => each.subject !== true && (each.gpac?.name === word || each.key === word),
      )
      if (row === undefined) continue
      known = true
      const given = text ?? (row.type.kind === 'flag' || row.type.kind === 'switch' ? 'true' : '')
      const reading = row.gpac === null ? readOption(row, given) : readGpac(row, given)
      if (!reading.ok)
        throw new AppFailure(
          'bad-command-line',
          `The option ${word} of ${name} is "${given}"; it ${reading.problem}.`,
          FORM,
        )
      ;(values[at] as Record<string, OptionValue>)[row.key] = reading.value
    }
    if (!known && !IDLE.includes(word)) throw unknown(word, name, descriptions)
  }
  return descriptions.map((description, at) => chosenPart(description, ids[at] ?? description.kind, values[at] ?? {}))
}

/** Options of GPAC that mean nothing here: sockets never block. */
const IDLE = ['block', 'mwait']

function unknown(word: string, name: string, descriptions: readonly PartDescription[]): AppFailure {
  const words = descriptions.flatMap(({ options }) =>
    options.flatMap(({ gpac, key, subject }) => (subject === true ? [] : [gpac?.name ?? key])),
  )
  return new AppFailure('bad-command-line', `${name} has no option "${word}".`, `It has ${words.join(', ')}.`)
}

/** Splits `ADDRESS/:opt=value:opt`, `ADDRESS:gpac:opt` and `FILE:opt=value` as GPAC writes them. A file of that very name is itself. */
function splitEnd(text: string): RelayEnd {
  const url = /^([a-z][a-z0-9+.-]*:\/\/(?:\[[^\]]*\]|[^:])*(?::\d+)?\/?)(?::gpac)?((?::.*)?)$/is.exec(text)
  const plain = exists(text) ? null : /^(.*?[^:])((?::[a-z_]+(?:=[^:]*)?)+)$/is.exec(text)
  const [, name = text, rest = ''] = url ?? plain ?? []
  const options = rest
    .split(':')
    .filter((word) => word !== '' && word !== 'gpac')
    .map((word): readonly [string, string | null] => {
      const equals = word.indexOf('=')
      return equals < 0 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)]
    })
  return { name, options }
}

function exists(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
