import { statSync } from 'node:fs'
import { type Choices, choiceName } from '../../contract/choices.ts'
import type { OptionRow } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, PartSpec } from '../../contract/session-spec.ts'
import type { Opener } from '../../contract/source-patterns.ts'
import { chosenPart } from './part-spec.ts'

/** A source's name as the patterns of parts have it: a named pipe is `pipe:PATH`, since its path looks like a file's. */
export function sourceName(text: string): string {
  try {
    return statSync(text).isFIFO() ? `pipe:${text}` : text
  } catch {
    return text
  }
}

/** The option that names the subject of a part. */
export function subjectOf(part: PartDescription): OptionRow | undefined {
  return part.options.find(({ subject }) => subject === true)
}

/** The source whose subject is chosen by an option: `--capture`. */
export function sourceByOption(parts: readonly PartDescription[], choices: Choices): PartDescription | undefined {
  return parts.find((part) => {
    const subject = part.takes === null ? subjectOf(part) : undefined
    return subject !== undefined && choices[choiceName(subject)] !== undefined
  })
}

/** A part with the options that were chosen. */
export function partOf(part: PartDescription, id: string, choices: Choices): PartSpec {
  return chosenPart(part, id, Object.fromEntries(part.options.map((row) => [row.key, choices[choiceName(row)]])))
}

/**
 * The sources that texts open: one for each text, or one for all where the part takes several.
 * @param openers of each text, in their order
 */
export function openedParts(texts: readonly string[], openers: readonly Opener[], choices: Choices): PartSpec[] {
  const subjects: { readonly part: PartDescription; readonly name: string; value: OptionValue }[] = []
  for (const [at, text] of texts.entries()) {
    const part = openers[at]?.part
    const row = part === undefined ? undefined : subjectOf(part)
    if (part === undefined || row === undefined) continue
    const same = row.type.kind === 'list' ? subjects.find((each) => each.part === part) : undefined
    if (same !== undefined) same.value = [...(same.value as readonly string[]), text]
    else subjects.push({ part, name: choiceName(row), value: row.type.kind === 'list' ? [text] : text })
  }
  return subjects.map(({ part, name, value }, at) =>
    partOf(part, subjects.length === 1 ? 'source' : `source${at + 1}`, { ...choices, [name]: value }),
  )
}

/**
 * Parts that choices make beside the sources: sinks whose subject was chosen, or that are named, and converters with a chosen
 * option.
 * @param named kinds of sinks without a subject
 */
export function chosenParts(
  parts: readonly PartDescription[],
  choices: Choices,
  named: readonly string[] = [],
): PartSpec[] {
  const made: PartSpec[] = []
  for (const part of parts) {
    if (part.takes === null) continue
    const subject = subjectOf(part)
    const spec = partOf(part, part.kind, choices)
    const between = subject === undefined && part.gives !== null
    const wanted = subject === undefined ? named.includes(part.kind) : choices[choiceName(subject)] !== undefined
    if (wanted || (between && Object.keys(spec).length > 2)) made.push(spec)
  }
  return made
}
