import { type Choices, choiceName } from '../../contract/choices.ts'
import type { GpacForm } from '../../contract/gpac-form.ts'
import type { OptionRow } from '../../contract/option-row.ts'
import type { OptionValue, PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { subjectOf } from '../spec/compose.ts'
import { readGpacLine } from './gpac-reader.ts'

/** Kinds of parts that the Listen form and the Send form have fields for. */
const LISTENING: readonly string[] = ['multicast', 'receiver', 'repair', 'gateway']
const SENDING: readonly string[] = ['presentation', 'broadcast', 'multicast-out']

/**
 * Reads a line of GPAC's grammar into the form that has it: of what is received, or of what is sent.
 * @throws GpacFault; AppFailure not-supported for a line that no form has
 */
export function formOfGpacLine(line: string): GpacForm {
  const { spec, play, notes } = readGpacLine(line)
  if (play !== undefined) return { kind: 'listen', url: play.sources.join(' '), choices: play.choices, notes }
  const { parts } = spec
  const inputs = parts.filter(({ kind }) => kind === 'presentation')
  const urls = parts.flatMap(({ kind, url }) => (kind === 'multicast' ? [String(url)] : []))
  const [air, second] = parts.filter(({ kind }) => kind === 'broadcast')
  if (urls.length > 0)
    return {
      kind: 'listen',
      url: urls.join(' '),
      choices: choicesOf(parts, LISTENING, ({ commands }) => commands.includes('open')),
      notes: [...notes, ...leftOut(parts, LISTENING)],
    }
  if (air !== undefined && second === undefined && inputs.length > 0)
    return {
      kind: 'send',
      request: {
        inputs: inputs.map((part) => ({
          input: String(part.input),
          own: choicesOf([part], SENDING, ({ gpac }) => gpac?.property === true),
        })),
        destination: String(air.url),
        choices: choicesOf(parts, SENDING, ({ gpac }) => gpac?.property !== true),
        receiveBack: false,
      },
      notes: [...notes, ...leftOut(parts, SENDING)],
    }
  throw new AppFailure('not-supported', 'No form of the app has this line.', `Run it: routescope ${line.trim()}`)
}

/** Options of some kinds of parts by their names among choices, without subjects. */
function choicesOf(parts: readonly PartSpec[], kinds: readonly string[], has: (row: OptionRow) => boolean): Choices {
  const choices: Record<string, OptionValue> = {}
  for (const part of parts.filter(({ kind }) => kinds.includes(kind)))
    for (const row of PART_DESCRIPTIONS.find(({ kind }) => kind === part.kind)?.options ?? []) {
      const value = part[row.key]
      if (value !== undefined && row.subject !== true && has(row)) choices[choiceName(row)] = value
    }
  return choices
}

/** Parts that the form does not make. */
function leftOut(parts: readonly PartSpec[], kinds: readonly string[]): string[] {
  return parts.flatMap((part) => {
    const description = PART_DESCRIPTIONS.find(({ kind }) => kind === part.kind)
    if (description === undefined || (kinds.includes(part.kind) && part.kind !== 'gateway')) return []
    const subject = subjectOf(description)
    const value = subject === undefined ? '' : ` ${String(part[subject.key])}`
    return [`${description.title}${value} is not in the form.`]
  })
}
