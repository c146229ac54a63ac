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

/** The options of a form; interfaces have a field of their own. */
export function formRows(parts: readonly PartDescription[], kind: FormKind): readonly OptionRow[] {
  return openOptions(parts).filter((row) => row.key !== 'interfaces' && (kind === 'url' || !isLive(row)))
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

/** Texts that a form offers to fill in. */
export function examplesOf(parts: readonly PartDescription[], kind: FormKind): readonly string[] {
  const patterns = parts.flatMap(({ opens = [] }) => opens)
  return patterns.flatMap(({ group, example }) => (group === GROUPS[kind] && example !== null ? [example] : []))
}
