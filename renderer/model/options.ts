import { APP_DEFAULTS } from '../../core/contract/app-defaults.ts'
import { type Choices, checkedChoices, commandOptions } from '../../core/contract/choices.ts'
import type { OptionRow } from '../../core/contract/option-row.ts'
import type { PartDescription, SourcePattern } from '../../core/contract/part-description.ts'

/** What a form is for: an address to listen to, or captures, which have no network. */
export type FormKind = 'url' | 'capture'

const GROUPS: Readonly<Record<FormKind, SourcePattern['group']>> = { url: 'Listen', capture: 'Open' }

/** What the app does where nothing is chosen, as far as it is not what the tables say. */
export function appDefaults(kind: FormKind): Choices {
  return APP_DEFAULTS[GROUPS[kind]]
}

/** Every option that the app takes by name. */
export function openOptions(parts: readonly PartDescription[]): readonly OptionRow[] {
  return commandOptions(parts, 'open').filter(({ option }) => option !== null)
}

/** The options that a form has; interfaces have their own field. */
export function formRows(parts: readonly PartDescription[], kind: FormKind): readonly OptionRow[] {
  return openOptions(parts).filter((row) => row.key !== 'interfaces' && (kind === 'url' || !isLive(row)))
}

/** Options of a live source are those that recording takes and looking into a capture does not. */
function isLive({ commands }: OptionRow): boolean {
  return commands.includes('record') && !commands.includes('inspect')
}

/** What of remembered choices is still one. */
export function knownChoices(parts: readonly PartDescription[], choices: Choices): Choices {
  // Before the engine has described its parts nothing is known of any.
  return parts.length === 0 ? choices : checkedChoices(openOptions(parts), choices, false)
}

/** Texts that a form offers to fill in. */
export function examplesOf(parts: readonly PartDescription[], kind: FormKind): readonly string[] {
  const patterns = parts.flatMap(({ opens = [] }) => opens)
  return patterns.flatMap(({ group, example }) => (group === GROUPS[kind] && example !== null ? [example] : []))
}
