import { APP_DEFAULTS } from '../../core/contract/app-defaults.ts'
import { type Choices, checkedChoices, commandOptions } from '../../core/contract/choices.ts'
import type { OptionRow } from '../../core/contract/option-row.ts'
import type { PartDescription, SourcePattern } from '../../core/contract/part-description.ts'

/** Purpose of a form: a live source, or captures. */
export type FormKind = 'url' | 'capture'

const GROUPS: Readonly<Record<FormKind, SourcePattern['group']>> = { url: 'Listen', capture: 'Open' }

/** The app's defaults where they differ from the tables. */
export function appDefaults(kind: FormKind): Choices {
  return APP_DEFAULTS[GROUPS[kind]]
}

/** The options that `open` takes by name. */
export function openOptions(parts: readonly PartDescription[]): readonly OptionRow[] {
  return commandOptions(parts, 'open').filter(({ option }) => option !== null)
}

/**
 * The options of a form without those of other sources than the typed ones, which are what `text` opens. The subject of a
 * source is the text itself, and the interfaces to join on have a field of their own.
 */
export function formRows(parts: readonly PartDescription[], kind: FormKind, text = ''): readonly OptionRow[] {
  const opened = text
    .trim()
    .split(/\s+/)
    .map((word) => sourceOf(parts, word)?.part)
  const used = parts.filter((part) => opened.includes(part) || opened.includes(undefined) || !isSource(part))
  return openOptions(kind === 'url' ? used : parts).filter(
    (row) => row.key !== JOINED && row.subject !== true && (kind === 'url' || !isLive(row)),
  )
}

/** Key of the interfaces that a source joins on. */
const JOINED = 'interfaces'

/** Whether a source joins groups on interfaces. */
export function joins({ part }: Source): boolean {
  return part.options.some(({ key }) => key === JOINED)
}

function isSource({ opens = [] }: PartDescription): boolean {
  return opens.some(({ group }) => group === GROUPS.url)
}

/** A kind of live source: a part with the pattern that opens it. */
export type Source = { readonly part: PartDescription; readonly pattern: SourcePattern }

/** The kinds of live sources, most general pattern first: parts are in the order in which their patterns are tried. */
export function sourcesOf(parts: readonly PartDescription[]): readonly Source[] {
  return [...parts]
    .reverse()
    .flatMap((part) => (part.opens ?? []).map((pattern) => ({ part, pattern })))
    .filter(({ pattern }) => pattern.group === GROUPS.url)
}

/** The live source that a text opens; null: none. */
export function sourceOf(parts: readonly PartDescription[], text: string): Source | null {
  for (const part of parts) {
    const pattern = part.opens?.find((one) => one.group === GROUPS.url && new RegExp(one.pattern, 'i').test(text))
    if (pattern !== undefined) return { part, pattern }
  }
  return null
}

/** Prefix of the texts of a source whose subject is an interface, such as `interface:`; null: another subject. */
export function interfacePrefix({ part, pattern }: Source): string | null {
  const subject = part.options.find((row) => row.subject === true)
  if (subject?.type.kind !== 'text' || subject.type.of !== 'interface') return null
  return new RegExp(pattern.pattern, 'i').exec(pattern.example ?? '')?.[0] ?? null
}

/** Whether an option needs a live source: `record` takes it, `inspect` does not. */
function isLive({ commands }: OptionRow): boolean {
  return commands.includes('record') && !commands.includes('inspect')
}

/** The stored choices that are still valid. */
export function knownChoices(parts: readonly PartDescription[], choices: Choices): Choices {
  // Without the engine's descriptions no choice can be checked.
  return parts.length === 0 ? choices : checkedChoices(openOptions(parts), choices, false)
}
