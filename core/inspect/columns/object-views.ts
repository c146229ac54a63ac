import type { ObjectQuery, ObjectView } from '../../contract/object-rows.ts'
import {
  type ChannelColumn,
  COLUMN_WORDS,
  OBJECT_COLUMNS,
  type ObjectColumn,
  type ObjectRow,
  type ObjectSortColumn,
  ROW_COLUMNS,
  type RowColumn,
  type StoredColumn,
  type TextColumnKey,
} from '../../contract/object-table.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import { CHANNEL_VALUES, channelNumberIn } from './channel-values.ts'
import type { ObjectColumns } from './object-columns.ts'
import { parseFilter } from './object-filter.ts'
import { sortRows } from './sort-rows.ts'

/** Bound on stored selections; the least recently used is dropped first. */
const MAX_VIEWS = 16

type View = { query: ObjectQuery; rows: Uint32Array }

/** Sorted and filtered selections of the object columns, each a list of row numbers. */
export class ObjectViews {
  readonly #columns: ObjectColumns
  readonly #channels: readonly ChannelFacts[]
  readonly #views = new BoundedMap<number, View>(MAX_VIEWS)
  #nextId = 1

  constructor(columns: ObjectColumns, channels: readonly ChannelFacts[]) {
    this.#columns = columns
    this.#channels = channels
  }

  query(query: ObjectQuery): ObjectView {
    return this.#run(this.#nextId++, query)
  }

  /** Runs the same query on the current rows. */
  refresh(viewId: number): ObjectView {
    const view = this.#views.get(viewId)
    if (view === undefined) return { viewId, total: 0, error: 'This selection is no longer kept.' }
    return this.#run(viewId, view.query)
  }

  /** Row numbers `[from, to)` of a view. */
  rows(viewId: number, from: number, to: number): Uint32Array {
    return this.#views.get(viewId)?.rows.subarray(Math.max(0, from), Math.max(0, to)) ?? new Uint32Array(0)
  }

  position(viewId: number, row: number): number {
    return this.#views.get(viewId)?.rows.indexOf(row) ?? -1
  }

  /** One line of the table. */
  row(index: number): ObjectRow {
    const channel = this.#channels[this.#columns.values.channel[index] as number]
    const row: Record<string, unknown> = { index }
    for (const key of ROW_COLUMNS) row[key] = this.#value(key, index, channel)
    return row as ObjectRow
  }

  #value(key: RowColumn, index: number, channel: ChannelFacts | undefined): unknown {
    const { type, store }: ObjectColumn = OBJECT_COLUMNS[key]
    if (store === 'channel') {
      const { of, none } = CHANNEL_VALUES[key as ChannelColumn]
      return channel === undefined ? none : of(channel)
    }
    if (store === 'text') return this.#columns.textOf(key as TextColumnKey, index)
    const value = this.#columns.values[key as StoredColumn][index] as number
    if (type === 'ObjectState') return COLUMN_WORDS.ObjectState[value]
    return type === 'number | null' && value < 0 ? null : value
  }

  #run(viewId: number, query: ObjectQuery): ObjectView {
    this.#columns.refresh()
    const { rows, error } = this.#select(query.filter)
    const sorted = this.#sort(rows, query.sort.column, query.sort.descending)
    this.#views.set(viewId, { query, rows: sorted })
    return { viewId, total: sorted.length, error }
  }

  #select(filter: string): { rows: Uint32Array; error: string | null } {
    const count = this.#columns.count
    const all = (): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row)
    const parsed = parseFilter(filter, this.#columns, this.#channels)
    if ('error' in parsed) return { rows: all(), error: parsed.error }
    if (parsed.tests.length === 0) return { rows: all(), error: null }
    const rows = new Uint32Array(count)
    let kept = 0
    for (let row = 0; row < count; row++) {
      let passes = true
      for (const test of parsed.tests) {
        if (!test(row)) {
          passes = false
          break
        }
      }
      if (passes) rows[kept++] = row
    }
    return { rows: rows.slice(0, kept), error: null }
  }

  #sort(rows: Uint32Array, column: ObjectSortColumn, descending: boolean): Uint32Array {
    const { values, texts } = this.#columns
    const { store } = OBJECT_COLUMNS[column]
    const key = new Float64Array(rows.length)
    let second: Float64Array | null = null
    if (store === 'text') {
      const ids = values[column as TextColumnKey]
      const table = texts[column as TextColumnKey]
      second = new Float64Array(rows.length)
      for (let at = 0; at < rows.length; at++) {
        const id = (ids[rows[at] as number] as number) - 1
        // Rows without a text are last in ascending order.
        key[at] = id < 0 ? Number.POSITIVE_INFINITY : table.patternRank(id)
        second[at] = id < 0 ? 0 : table.numberIn(id)
      }
    } else if (store === 'channel') {
      const numbers = Float64Array.from(this.#channels, (each) => channelNumberIn(column as ChannelColumn, each))
      for (let at = 0; at < rows.length; at++) key[at] = numbers[values.channel[rows[at] as number] as number] ?? -1
    } else {
      const numbers = values[column as StoredColumn]
      for (let at = 0; at < rows.length; at++) key[at] = numbers[rows[at] as number] as number
    }
    return sortRows(rows, key, second, descending)
  }
}
