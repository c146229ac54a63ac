import { statSync } from 'node:fs'
import { type Choices, choiceName } from '../../contract/choices.ts'
import { defined } from '../../contract/defined.ts'
import type { OptionRow } from '../../contract/option-row.ts'
import { readGpac, readOption, writeGpac, writeOption } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import {
  type RelayEnd,
  type RelayRequest,
  relayDestinationParts,
  relaySourceParts,
} from '../../contract/relay-request.ts'
import type { LogSpec, OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { partOf, subjectOf } from './compose.ts'
import { validChoices } from './session-specs.ts'

const FORM = 'Right form: routescope relay SRC DST…, such as udp://127.0.0.1:1234/:ext=avc test.mp4.'

/** What a text of `relay` names, and the options behind it. */
type EndText = { readonly name: string; readonly options: readonly (readonly [string, string | null])[] }

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
  const request = {
    sources: [endOf(source, (name) => relaySourceParts(parts, name), 'source')],
    destinations: destinations.map((text) => ({
      ...endOf(text, (name) => relayDestinationParts(parts, name), 'destination'),
      from: [0],
    })),
  }
  return { ...specForRelay(request, parts), ...defined({ durationS: run.duration, log: run.log }) }
}

/**
 * Makes the session of a relay. Links are named only where they are not those that parts find by themselves.
 * @throws AppFailure bad-spec for an end that is none, a wrong choice, or a destination without a source
 */
export function specForRelay(
  { sources, destinations }: RelayRequest,
  parts: readonly PartDescription[] = PART_DESCRIPTIONS,
): SessionSpec {
  if (sources.length === 0 || destinations.length === 0)
    throw new AppFailure('bad-spec', 'A relay has a source and a destination.', 'Name both.')
  const number = (at: number, all: readonly unknown[]): string => (all.length === 1 ? '' : String(at + 1))
  const givers = sources.map(({ name, choices }, at) =>
    endParts(name, choices, relaySourceParts(parts, name), ['in', 'media'], number(at, sources)),
  )
  const takers = destinations.map(({ name, choices }, at) =>
    endParts(name, choices, relayDestinationParts(parts, name), ['out'], number(at, destinations)),
  )
  const idOf = (made: readonly PartSpec[] | undefined): string => made?.at(-1)?.id ?? ''
  const links = [
    ...givers.map(([first, converter]) => ({ from: first?.id ?? '', to: converter?.id ?? '' })),
    ...destinations.flatMap(({ name, from }, at) => {
      if (from.length === 0 || from.some((each) => sources[each] === undefined))
        throw new AppFailure('bad-spec', `No source is joined to ${name}.`, 'Join one, or leave it out.')
      return from.map((each) => ({ from: idOf(givers[each]), to: idOf(takers[at]) }))
    }),
  ]
  return {
    format: 'routescope-session',
    version: 2,
    name: sources.map(({ name }) => withoutCredentials(name)).join(', '),
    parts: [...givers.flat(), ...takers.flat()],
    ...(sources.length === 1 ? {} : { links }),
  }
}

/** Parts of one end, each with the choices that are its own. @throws AppFailure bad-spec */
function endParts(
  name: string,
  choices: Choices,
  descriptions: readonly PartDescription[],
  ids: readonly string[],
  number: string,
): PartSpec[] {
  const [first] = descriptions
  const subject = first === undefined ? undefined : subjectOf(first)
  if (subject === undefined)
    throw new AppFailure('bad-spec', `"${name}" is no end of a relay.`, 'Name a socket, a media file or a broadcast.')
  const isList = subject.type.kind === 'list'
  const chosen = {
    ...(isList ? { pace: 'real' } : {}),
    ...validChoices(choices, descriptions),
    [choiceName(subject)]: isList ? [name] : name,
  }
  return descriptions.map((description, at) => partOf(description, `${ids[at] ?? description.kind}${number}`, chosen))
}

/**
 * Reads a text of a command line as an end, with the choices behind its name.
 * @throws AppFailure bad-command-line
 */
function endOf(
  text: string,
  partsOf: (name: string) => readonly PartDescription[],
  role: 'source' | 'destination',
): RelayEnd {
  const { name: named, options } = splitEnd(text)
  const name = named.replace(/(:\d+)\/$/, '$1')
  const descriptions = partsOf(name)
  if (descriptions.length === 0) throw new AppFailure('bad-command-line', `${name} is no ${role} of a relay.`, FORM)
  const rows = descriptions.flatMap((description) => description.options.filter(({ subject }) => subject !== true))
  const choices: Record<string, OptionValue> = {}
  for (const [word, value] of options) {
    const row = rows.find(({ gpac, key }) => gpac?.name === word || key === word)
    if (row === undefined) {
      if (IDLE.includes(word)) continue
      throw unknown(word, name, rows)
    }
    const given = value ?? (row.type.kind === 'flag' || row.type.kind === 'switch' ? 'true' : '')
    const reading = row.gpac === null ? readOption(row, given) : readGpac(row, given)
    if (!reading.ok)
      throw new AppFailure(
        'bad-command-line',
        `The option ${word} of ${name} is "${given}"; it ${reading.problem}.`,
        FORM,
      )
    choices[choiceName(row)] = reading.value
  }
  return { name, choices }
}

/** Writes an end as `endOf` reads it; null where a value cannot stand there. */
export function relayWord(name: string, choices: Choices, descriptions: readonly PartDescription[]): string | null {
  const words: string[] = []
  for (const row of descriptions.flatMap(({ options }) => options)) {
    const value = choices[choiceName(row)]
    if (value === undefined || row.subject === true || value === row.default) continue
    const written = row.gpac === null ? writeOption(row, value) : writeGpac(row, value)
    const text = written.ok ? written.texts.join('') : ':'
    if (text.includes(':')) return null
    words.push(`:${row.gpac?.name ?? row.key}=${text}`)
  }
  const isUrl = /:\/\/.*:\d+$/.test(name)
  return `${name}${isUrl && words.length > 0 ? '/' : ''}${words.join('')}`
}

/** Options of GPAC that mean nothing here: sockets never block. */
const IDLE = ['block', 'mwait']

function unknown(word: string, name: string, rows: readonly OptionRow[]): AppFailure {
  const words = rows.map(({ gpac, key }) => gpac?.name ?? key)
  return new AppFailure('bad-command-line', `${name} has no option "${word}".`, `It has ${words.join(', ')}.`)
}

/** Splits `ADDRESS/:opt=value:opt`, `ADDRESS:gpac:opt` and `FILE:opt=value` as GPAC writes them. A file of that very name is itself. */
function splitEnd(text: string): EndText {
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
