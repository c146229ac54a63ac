import { type Choices, choiceName } from '../../contract/choices.ts'
import type { GpacForm } from '../../contract/gpac-form.ts'
import type { OptionRow } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { subjectOf } from '../spec/compose.ts'
import { type GpacPart, gpacPart } from './gpac-parts.ts'
import { readGpacLine } from './gpac-reader.ts'
import { relayFormOf } from './relay-form.ts'

/** A form of the app. */
type FormName = GpacForm['kind']

/**
 * Reads a line of GPAC's grammar into the form that has it: of what is received, or of what is sent.
 * @throws GpacFault; AppFailure not-supported for a line that no form has
 */
export function formOfGpacLine(line: string): GpacForm {
  const { spec, play, notes } = readGpacLine(line)
  if (play !== undefined) return { kind: 'listen', url: play.sources.join(' '), choices: play.choices, notes }
  const { parts } = spec
  const relay = relayFormOf(spec)
  if (relay !== null)
    return {
      kind: 'relay',
      request: relay.request,
      notes: [...notes, ...relay.leftOut.filter((part) => gpacPart(part)?.role !== 'implied').flatMap(leftOutPart)],
    }
  const listening = partsOf(parts, 'listen', 'input')
  const inputs = partsOf(parts, 'send', 'input')
  const [air, second] = partsOf(parts, 'send', 'output')
  if (listening.length > 0)
    return {
      kind: 'listen',
      url: listening.map(subjectText).join(' '),
      choices: choicesOf(parts, 'listen', ({ commands }) => commands.includes('open')),
      notes: [...notes, ...leftOut(parts, 'listen')],
    }
  if (air !== undefined && second === undefined && inputs.length > 0)
    return {
      kind: 'send',
      request: {
        inputs: inputs.map((part) => ({
          input: subjectText(part),
          own: choicesOf([part], 'send', ({ gpac }) => gpac?.property === true),
        })),
        destination: subjectText(air),
        choices: choicesOf(parts, 'send', ({ gpac }) => gpac?.property !== true),
        receiveBack: false,
      },
      notes: [...notes, ...leftOut(parts, 'send')],
    }
  throw new AppFailure('not-supported', 'No form of the app has this line.', `Run it: routescope ${line.trim()}`)
}

/** Parts of a form that stand in one place of a line. */
function partsOf(parts: readonly PartSpec[], form: FormName, role: GpacPart['role']): readonly PartSpec[] {
  return parts.filter((part) => {
    const row = gpacPart(part)
    return row?.form === form && row.role === role
  })
}

/** Options of the parts of a form by their names among choices, without subjects. */
function choicesOf(parts: readonly PartSpec[], form: FormName, has: (row: OptionRow) => boolean): Choices {
  const choices: Record<string, OptionValue> = {}
  for (const part of parts.filter((each) => gpacPart(each)?.form === form))
    for (const row of descriptionOf(part)?.options ?? []) {
      const value = part[row.key]
      if (value !== undefined && row.subject !== true && has(row)) choices[choiceName(row)] = value
    }
  return choices
}

/** Parts that the form does not make. */
function leftOut(parts: readonly PartSpec[], form: FormName): string[] {
  return parts.flatMap((part) => {
    const row = gpacPart(part)
    return row?.form === form && row.isUnmade !== true ? [] : leftOutPart(part)
  })
}

function leftOutPart(part: PartSpec): string[] {
  const description = descriptionOf(part)
  if (description === undefined) return []
  const subject = subjectText(part)
  return [`${description.title}${subject === '' ? '' : ` ${subject}`} is not in the form.`]
}

/** What a part is about; empty where its kind has no subject. */
function subjectText(part: PartSpec): string {
  const description = descriptionOf(part)
  const row = description === undefined ? undefined : subjectOf(description)
  return row === undefined ? '' : String(part[row.key])
}

function descriptionOf(part: PartSpec): PartDescription | undefined {
  return PART_DESCRIPTIONS.find(({ kind }) => kind === part.kind)
}
