import type { OptionRow, OptionType } from '../../contract/option-row.ts'
import { readGpac } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue } from '../../contract/session-spec.ts'
import type { PartDraft, PartDrafts } from './gpac-draft.ts'
import { GpacFault, supported } from './gpac-fault.ts'
import { rowsOf, type WordRow } from './gpac-filters.ts'
import type { GpacArgument } from './gpac-line.ts'
import type { GpacNode } from './gpac-links.ts'

/** Arguments that say how filters are linked. */
const LINKS = ['FID', 'SID']
const UNITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 }

/** Values of the options of one filter that belong to no part. */
export type OwnWords = Readonly<Record<string, OptionValue>>

/**
 * Reads the options of a filter that belong to no part, and checks the names of all its arguments.
 * @param globals options of every filter that has them, which its own go before
 * @throws GpacFault for an option or a property that the filter does not have, and for a wrong value
 */
export function ownWords(
  { kind, filter }: GpacNode,
  globals: readonly GpacArgument[],
  parts: readonly PartDescription[],
): OwnWords {
  const own = kind.own ?? {}
  const rows = rowsOf(kind, parts)
  const words: Record<string, OptionValue> = {}
  for (const argument of [...globals, ...filter.arguments]) {
    const { name, column } = argument
    const type = own[name]
    if (type !== undefined) words[name] = gpacValue({ type, gpac: { name } }, argument)
    if (type !== undefined || globals.includes(argument) || isKnown(kind.idle, rows, argument)) continue
    if (name.startsWith('#')) {
      if (kind.free !== undefined && name.startsWith(`#${kind.free}`)) continue
      const known = rows.filter(({ row }) => row.gpac?.property === true).map(({ word }) => `#${word}`)
      throw new GpacFault(column, `unknown property '${name}' of ${kind.name} ${supported(known)}`)
    }
    const bare = argument.value === null ? enumerationOf(rows, name) : undefined
    if (bare !== undefined) continue
    const known = [...rows.flatMap(wordOf), ...Object.keys(own), ...(kind.idle ?? [])]
    throw new GpacFault(column, `unknown option '${name}' of ${kind.name} ${supported(known)}`)
  }
  return words
}

const wordOf = ({ row, word }: WordRow): string[] => (row.gpac?.property === true ? [] : [word])

function isKnown(idle: readonly string[] | undefined, rows: readonly WordRow[], { name }: GpacArgument): boolean {
  if (LINKS.includes(name) || idle?.includes(name) === true) return true
  return rows.some((each) => matches(each, name))
}

function matches({ row, word }: WordRow, name: string): boolean {
  return name === (row.gpac?.property === true ? `#${word}` : word)
}

/** The option of which a name is one of the values, which may stand without its name. */
function enumerationOf(rows: readonly WordRow[], name: string): WordRow | undefined {
  return rows.find(({ row }) => row.type.kind === 'choice' && readGpac(row, name).ok)
}

/** Gives the options of a filter to its parts. Its own go before global ones; of parts that several filters share, all agree. */
export class GpacValues {
  readonly #drafts: PartDrafts
  readonly #parts: readonly PartDescription[]
  /** Options that a filter's own argument has set, with that argument. */
  readonly #set = new Map<PartDraft, Map<string, GpacArgument>>()
  readonly #used = new Set<GpacArgument>()

  constructor(drafts: PartDrafts, parts: readonly PartDescription[]) {
    this.#drafts = drafts
    this.#parts = parts
  }

  /** Global options first, then those of the filters. */
  apply(nodes: readonly GpacNode[], globals: readonly GpacArgument[]): void {
    for (const argument of globals) {
      for (const node of nodes) this.#apply(node, argument, true)
      const isOption = ({ kind }: GpacNode): boolean =>
        kind.own?.[argument.name] !== undefined || isKnown(kind.idle, rowsOf(kind, this.#parts), argument)
      if (this.#used.has(argument) || nodes.some(isOption)) continue
      const known = nodes.flatMap(({ kind }) => [
        ...rowsOf(kind, this.#parts).flatMap(wordOf),
        ...Object.keys(kind.own ?? {}),
      ])
      throw new GpacFault(argument.column, `no filter here has the option '--${argument.name}' ${supported(known)}`)
    }
    for (const node of nodes) for (const argument of node.filter.arguments) this.#apply(node, argument, false)
  }

  /** Whether a part has taken an argument. */
  hasUsed(argument: GpacArgument): boolean {
    return this.#used.has(argument)
  }

  #apply(node: GpacNode, argument: GpacArgument, isGlobal: boolean): void {
    const rows = rowsOf(node.kind, this.#parts)
    let found = rows.filter((each) => matches(each, argument.name))
    let text = argument
    if (found.length === 0 && argument.value === null && !isGlobal) {
      const bare = enumerationOf(rows, argument.name)
      if (bare !== undefined) {
        found = [bare]
        text = { ...argument, value: argument.name }
      }
    }
    // Another word for an option comes before its own, which takes its place.
    for (const each of [...found].reverse()) {
      const value = gpacValue(each.row, text)
      for (const draft of this.#drafts.ofKind(each.kind)) {
        if (!draft.nodes.has(node)) continue
        this.#used.add(argument)
        this.#put(draft, each, argument, value, isGlobal)
      }
    }
  }

  #put(draft: PartDraft, { row, word }: WordRow, argument: GpacArgument, value: OptionValue, isGlobal: boolean): void {
    const { key } = row
    if (isGlobal) {
      draft.values.set(key, value)
      return
    }
    const set = this.#set.get(draft) ?? new Map<string, GpacArgument>()
    this.#set.set(draft, set)
    const isOwnWord = word === row.gpac?.name
    const before = set.get(key)
    if (before !== undefined && before.name === argument.name) {
      if (JSON.stringify(draft.values.get(key)) === JSON.stringify(value)) return
      throw new GpacFault(
        argument.column,
        `'${argument.name}' differs from column ${before.column}, and both are for one part`,
      )
    }
    if (before !== undefined && !isOwnWord) return
    set.set(key, argument)
    draft.values.set(key, value)
  }
}

/**
 * Reads a value; without one, a name means true.
 * @throws GpacFault at the value
 */
function gpacValue(row: Pick<OptionRow, 'gpac'> & { readonly type: OptionType }, argument: GpacArgument): OptionValue {
  const { name, value, column, valueColumn } = argument
  const words = Object.values(row.gpac?.words ?? {})
  const isTruth = ['flag', 'negated', 'switch'].includes(row.type.kind) || words.includes('true')
  if (value === null && !isTruth) throw new GpacFault(column, `'${name}' needs a value: ${name}=VALUE`)
  const reading = readGpac(row as OptionRow, plainNumber(row.type, value ?? 'true'))
  if (!reading.ok) throw new GpacFault(valueColumn, `'${name}' is '${value}'; it ${reading.problem}`)
  return reading.value
}

/** A number with GPAC's unit (k, m, g: by 1000) or in hexadecimal, in plain digits. */
function plainNumber(type: OptionType, text: string): string {
  if (!['number', 'bytes', 'duration'].includes(type.kind)) return text
  if (/^0x[0-9a-f]{1,12}$/i.test(text)) return String(Number(text))
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([kmg])$/i.exec(text) ?? []
  return digits === undefined ? text : String(Number(digits) * (UNITS[unit.toLowerCase()] ?? 1))
}
