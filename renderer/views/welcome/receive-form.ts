import {
  commandLineOf,
  gpacOptionsOf,
  quoted,
  readReceiveOption,
  receiveOptions,
  standardOf,
} from '../../../core/contract/receive-choices.ts'
import type {
  ReceiveChoices,
  ReceiveOption,
  ReceiveOptionGroup,
  ReceiveOptionKey,
} from '../../../core/contract/receive-options.ts'

/** What a form is for: an address to listen to, or captures, which have no network. */
export type FormKind = 'url' | 'capture'

/** What stands in each field: words as they were typed, or a tick. */
export type Drafts = Readonly<Record<string, string | boolean>>

/** What the app does where nothing is chosen, as far as it is not what the table says. */
export function appStandards(kind: FormKind): ReceiveChoices {
  return kind === 'url' ? { services: 'all', cachedSegments: 900 } : { services: 'all' }
}

/** The rows of the table that a form has; interfaces have their own field. */
export function formRows(kind: FormKind): readonly ReceiveOption[] {
  return receiveOptions('open').filter((row) => {
    if (row.key === 'interfaces') return false
    const network = row.group === 'Network' || row.key === 'timeoutS' || row.key === 'keepAlive'
    return kind === 'url' || !network
  })
}

/** Rows by group, in the order of the table. */
export function groupsOf(
  rows: readonly ReceiveOption[],
): readonly (readonly [ReceiveOptionGroup, readonly ReceiveOption[]])[] {
  const groups = new Map<ReceiveOptionGroup, ReceiveOption[]>()
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  return [...groups]
}

/** Fields as earlier choices fill them. */
export function draftsOf(rows: readonly ReceiveOption[], choices: ReceiveChoices): Drafts {
  const drafts: Record<string, string | boolean> = {}
  for (const row of rows) {
    const value: unknown = choices[row.key as ReceiveOptionKey]
    if (value !== undefined) drafts[row.key] = typeof value === 'boolean' ? value : draftText(value)
  }
  return drafts
}

function draftText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** What the fields choose; a problem by the key of the field it is in. */
export function readDrafts(
  rows: readonly ReceiveOption[],
  drafts: Drafts,
  standards: ReceiveChoices,
): { readonly choices: ReceiveChoices; readonly problems: ReadonlyMap<string, string> } {
  const choices: Record<string, unknown> = {}
  const problems = new Map<string, string>()
  for (const row of rows) {
    const draft = drafts[row.key]
    if (draft === undefined || draft === '' || draft === standardOf(row, standards)) continue
    if (typeof draft === 'boolean') {
      choices[row.key] = draft
      continue
    }
    if (draft.trim() === '') continue
    const texts = row.type.kind === 'list' ? draft.split(/[\s,]+/).filter((text) => text !== '') : [draft]
    const values: unknown[] = []
    for (const text of texts) {
      const reading = readReceiveOption(row, text)
      if (reading.ok) values.push(reading.value)
      else problems.set(row.key, `It ${reading.problem}.`)
    }
    if (!problems.has(row.key)) choices[row.key] = row.type.kind === 'list' ? values : values[0]
  }
  return { choices: choices as ReceiveChoices, problems }
}

/** What stands in a field where nothing is chosen. */
export function placeholderOf(row: ReceiveOption, standards: ReceiveChoices): string {
  const standard = standardOf(row, standards)
  if (standard === null) {
    return row.type.kind === 'list' ? LIST_PLACEHOLDER[row.type.of] : row.key === 'timeoutS' ? 'never' : 'all'
  }
  return String(standard)
}

const LIST_PLACEHOLDER = {
  interface: 'chosen by the system',
  address: 'IP addresses',
  url: 'as signalled, or http://…',
} as const

export type Lines = { readonly ours: string; readonly gpac: string; readonly notInGpac: readonly string[] }

/** The same as a command line, ours and GPAC's. @param what URLs with spaces between, or the name of a capture */
export function linesOf(kind: FormKind, what: string, choices: ReceiveChoices): Lines {
  const standards = appStandards(kind)
  const names = what.trim().split(kind === 'url' ? /\s+/ : /\n/)
  const ours = ['routescope open', ...names.map(quoted), ...commandLineOf(choices, standards)]
  const { words, unknown } = gpacOptionsOf({ services: 'all', ...choices })
  const inputs =
    kind === 'url' ? names.map((name) => `-play ${quoted(name)}`) : [`-netcap=src=${quoted(what)},nrt`, '-play atsc://']
  return { ours: ours.join(' '), gpac: ['gpac', ...inputs, ...words].join(' '), notInGpac: unknown }
}
