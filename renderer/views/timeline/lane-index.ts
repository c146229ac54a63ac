import type { ObjectColumns } from '../../stores/object-columns.ts'

const FIRST_CAPACITY = 64

/** Rows of one channel in order of their first packet. */
export type ChannelRows = { order: Uint32Array; count: number }

/**
 * Finds the rows of a channel by time. `sync` adds new rows; they arrive nearly in order, so each is inserted at or near the end.
 */
export class LaneIndex {
  readonly #columns: ObjectColumns
  readonly #channels = new Map<number, ChannelRows>()
  #generation = -1
  #consumed = 0

  constructor(columns: ObjectColumns) {
    this.#columns = columns
  }

  sync(): void {
    const columns = this.#columns
    if (columns.generation !== this.#generation || columns.arrivedCount < this.#consumed) {
      this.#generation = columns.generation
      this.#channels.clear()
      this.#consumed = 0
    }
    const { arrived, values } = columns
    const { channel, firstTimeUs } = values
    for (; this.#consumed < columns.arrivedCount; this.#consumed++) {
      const row = arrived[this.#consumed] as number
      const rows = this.#rowsOf(channel[row] as number)
      if (rows.count === rows.order.length) {
        const order = new Uint32Array(rows.order.length * 2)
        order.set(rows.order)
        rows.order = order
      }
      const time = firstTimeUs[row] as number
      let at = rows.count
      if (at > 0 && (firstTimeUs[rows.order[at - 1] as number] as number) > time) {
        at = firstAfter(rows, firstTimeUs, time)
        rows.order.copyWithin(at + 1, at, rows.count)
      }
      rows.order[at] = row
      rows.count++
    }
  }

  /** Rows of a channel; undefined: none. */
  rows(channel: number): ChannelRows | undefined {
    return this.#channels.get(channel)
  }

  /** First position in `rows` whose object may reach `fromUs`. */
  firstVisible(channel: number, rows: ChannelRows, fromUs: number): number {
    return firstAfter(rows, this.#columns.values.firstTimeUs, fromUs - this.#columns.longestUs(channel) - 1)
  }

  /** Position of a row in its channel; -1: absent. */
  place(row: number): number {
    const columns = this.#columns
    const rows = this.#channels.get(columns.values.channel[row] ?? -1)
    if (rows === undefined) return -1
    const time = columns.values.firstTimeUs[row] as number
    for (let at = firstAfter(rows, columns.values.firstTimeUs, time) - 1; at >= 0; at--) {
      const other = rows.order[at] as number
      if (other === row) return at
      if ((columns.values.firstTimeUs[other] as number) < time) return -1
    }
    return -1
  }

  #rowsOf(channel: number): ChannelRows {
    let rows = this.#channels.get(channel)
    if (rows === undefined) {
      rows = { order: new Uint32Array(FIRST_CAPACITY), count: 0 }
      this.#channels.set(channel, rows)
    }
    return rows
  }
}

/** First position whose object starts after `timeUs`. */
function firstAfter(rows: ChannelRows, firstTimeUs: Float64Array, timeUs: number): number {
  let low = 0
  let high = rows.count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((firstTimeUs[rows.order[middle] as number] as number) > timeUs) high = middle
    else low = middle + 1
  }
  return low
}
