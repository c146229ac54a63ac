import {
  type Choices,
  choiceName,
  commandLineOf,
  defaultOf,
  gpacOptionsOf,
  quoted,
} from '../../../core/contract/choices.ts'
import type { OptionGroup, OptionRow, TextOf } from '../../../core/contract/option-row.ts'
import { readOption } from '../../../core/contract/option-values.ts'
import type { PartDescription, SourceGroup } from '../../../core/contract/part-description.ts'
import type { OptionValue } from '../../../core/contract/session-spec.ts'
import { withoutCredentials } from '../../../core/contract/shown-url.ts'
import { storableChoices } from '../../../core/contract/stored-request.ts'
import { appDefaults, openOptions, sourceOf } from '../../model/options.ts'

/** Content of each field: the typed text, or a tick. */
export type Drafts = Readonly<Record<string, string | boolean>>

/** Rows by group, in the order of the table. */
export function groupsOf(rows: readonly OptionRow[]): readonly (readonly [OptionGroup, readonly OptionRow[]])[] {
  const groups = new Map<OptionGroup, OptionRow[]>()
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  return [...groups]
}

/** Fields with the content of earlier choices. */
export function draftsOf(rows: readonly OptionRow[], choices: Choices): Drafts {
  const drafts: Record<string, string | boolean> = {}
  for (const row of rows) {
    const value: unknown = choices[choiceName(row)]
    if (value !== undefined) drafts[choiceName(row)] = typeof value === 'boolean' ? value : draftText(value)
  }
  return drafts
}

function draftText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** The choices of the fields, and problems by the name of their option. */
export function readDrafts(
  rows: readonly OptionRow[],
  drafts: Drafts,
  defaults: Choices,
): { readonly choices: Choices; readonly problems: ReadonlyMap<string, string> } {
  const choices: Record<string, OptionValue> = {}
  const problems = new Map<string, string>()
  for (const row of rows) {
    const draft = drafts[choiceName(row)]
    if (draft === undefined || draft === '' || draft === defaultOf(row, defaults)) continue
    if (typeof draft === 'boolean') {
      choices[choiceName(row)] = draft
      continue
    }
    if (draft.trim() === '') continue
    const texts = row.type.kind === 'list' ? draft.split(/[\s,]+/).filter((text) => text !== '') : draft
    const reading = readOption(row, texts)
    if (reading.ok) choices[choiceName(row)] = reading.value
    else problems.set(choiceName(row), `It ${reading.problem}.`)
  }
  return { choices, problems }
}

/** Placeholder of an empty field: its default. */
export function placeholderOf(row: OptionRow, defaults: Choices): string {
  const value = defaultOf(row, defaults)
  if (value !== null) return String(value)
  const { type } = row
  if (row.unset !== undefined) return row.unset
  if (type.kind === 'list') return LIST_PLACEHOLDERS[type.of] ?? ''
  return UNSET[type.kind] ?? 'all'
}

/** What stands in a field without default. */
const UNSET: Readonly<Partial<Record<OptionRow['type']['kind'], string>>> = { duration: 'never', text: 'none' }

const LIST_PLACEHOLDERS: Readonly<Partial<Record<TextOf, string>>> = {
  interface: 'chosen by the system',
  address: 'IP addresses',
  url: 'as signalled, or http://…',
}

export type Lines = {
  readonly ours: string
  /** Null: GPAC has no such source. */
  readonly gpac: string | null
  readonly notInGpac: readonly string[]
}

/** The form as command lines, ours and GPAC's. @param what addresses separated by spaces, or the name of a capture */
export function linesOf(parts: readonly PartDescription[], group: SourceGroup, what: string, choices: Choices): Lines {
  const rows = openOptions(parts)
  const live = group === 'Listen'
  const names = what.trim().split(live ? /\s+/ : /\n/)
  const ours = [
    'routescope open',
    ...names.map(withoutCredentials).map(quoted),
    ...commandLineOf(rows, storableChoices(choices), appDefaults(group)),
  ]
  const { words, unknown } = gpacOptionsOf(rows, { services: 'all', ...choices })
  const inputs = live
    ? names.map((name) => `-play ${quoted(name)}`)
    : [`-netcap=src=${quoted(what)},nrt`, '-play atsc://']
  const inGpac = !live || names.every((name) => sourceOf(parts, name)?.pattern.gpac === true)
  const gpac = inGpac ? ['gpac', ...inputs, ...words].join(' ') : null
  return { ours: ours.join(' '), gpac, notInGpac: unknown }
}
