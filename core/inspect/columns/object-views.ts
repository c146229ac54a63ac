import type { ObjectQuery, ObjectRow, ObjectSortColumn, ObjectView } from '../../contract/object-rows.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import { channelNumber } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { ObjectColumns } from './object-columns.ts'
import { parseFilter } from './object-filter.ts'
import { sortRows } from './sort-rows.ts'

/** Selections kept; the one used longest ago goes first. */
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

  /** The same query over what there is now. */
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
    const columns = this.#columns
    const channel = this.#channels[columns.channel.values[index] as number]
    const size = columns.size.values[index] as number
    return {
      index,
      service: channel?.serviceId ?? null,
      destination: channel?.destination ?? '',
      carrier: channel?.carrier.kind ?? 'lct',
      tsi: channel === undefined ? 0 : channelNumber(channel.carrier),
      toi: columns.toi.values[index] as number,
      instance: columns.instance.values[index] as number,
      role: channel?.role ?? 'unknown',
      name: columns.nameOf(index),
      contentType: columns.typeOf(index),
      codepoint: columns.codepoint.values[index] as number,
      size: size < 0 ? null : size,
      received: columns.received.values[index] as number,
      recovered: columns.recovered.values[index] as number,
      packets: columns.packets.values[index] as number,
      repeats: columns.repeats.values[index] as number,
      state: columns.stateOf(index),
      firstTimeUs: columns.firstTimeUs.values[index] as number,
      lastTimeUs: columns.lastTimeUs.values[index] as number,
    }
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
    const key = new Float64Array(rows.length)
    let second: Float64Array | null = null
    const columns = this.#columns
    if (column === 'name' || column === 'contentType') {
      const ids = column === 'name' ? columns.name.values : columns.contentType.values
      const table = column === 'name' ? columns.names : columns.types
      second = new Float64Array(rows.length)
      for (let at = 0; at < rows.length; at++) {
        const id = (ids[rows[at] as number] as number) - 1
        // Rows without a name come last when ascending.
        key[at] = id < 0 ? Number.POSITIVE_INFINITY : table.patternRank(id)
        second[at] = id < 0 ? 0 : table.numberIn(id)
      }
    } else if (column === 'tsi' || column === 'service') {
      for (let at = 0; at < rows.length; at++) {
        const channel = this.#channels[columns.channel.values[rows[at] as number] as number]
        if (channel === undefined) key[at] = -1
        else key[at] = column === 'tsi' ? channelNumber(channel.carrier) : (channel.serviceId ?? -1)
      }
    } else {
      const values = columns[column].values
      for (let at = 0; at < rows.length; at++) key[at] = values[rows[at] as number] as number
    }
    return sortRows(rows, key, second, descending)
  }
}
