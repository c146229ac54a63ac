import {
  growColumnArrays,
  makeColumnArrays,
  type ObjectBatch,
  objectRowIndices,
  unpackObjectRows,
} from '../../core/contract/object-batch.ts'
import { BATCH_COLUMNS } from '../../core/contract/object-table.ts'

/** `channel` of a row below `count` that has not arrived. */
export const NO_CHANNEL = 0xffffffff

const FIRST_CAPACITY = 4096
const MAX_CHANNEL = 0xfffff

/**
 * The object columns of the watched session as typed arrays: the data of all drawings of objects.
 *
 * A row's index in the session is permanent. `apply` costs O(rows in the batch). The arrays grow by doubling, so read them from
 * the instance again after a change of `version`.
 */
export class ObjectColumns {
  /** Session of the rows; null while empty. */
  sessionId: string | null = null
  /** Highest row index + 1. Rows below it that have not arrived have `channel` NO_CHANNEL. */
  count = 0
  /** Rows in order of their first arrival: `arrived[0..arrivedCount)`. An index appends the new ones. */
  arrivedCount = 0
  /** Incremented by every change, also by `clear`. */
  version = 0
  /** Incremented when the rows start over, which invalidates every index over them. */
  generation = 0
  /** Earliest and latest packet of all rows, µs; `minUs > maxUs` without rows. */
  minUs = Number.POSITIVE_INFINITY
  maxUs = Number.NEGATIVE_INFINITY

  /** The columns that have `batch` in the table. */
  readonly values = makeColumnArrays(BATCH_COLUMNS, FIRST_CAPACITY)
  arrived = new Uint32Array(FIRST_CAPACITY)

  readonly #listeners = new Set<() => void>()
  #longestUs = new Float64Array(64)

  constructor() {
    this.values.channel.fill(NO_CHANNEL)
  }

  /** Stores the rows of one batch. Rows of another session start the columns over. */
  apply(batch: ObjectBatch): void {
    if (batch.sessionId !== this.sessionId) {
      if (this.sessionId !== null) this.#reset()
      this.sessionId = batch.sessionId
    }
    this.#reserve(batch.total)
    const indices = objectRowIndices(batch.rows)
    let highest = this.count - 1
    for (let row = 0; row < indices.length; row++) highest = Math.max(highest, indices[row] as number)
    this.#reserve(highest + 1)
    this.count = highest + 1
    const { channel, firstTimeUs, lastTimeUs } = this.values
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row] as number
      if (channel[index] !== NO_CHANNEL) continue
      this.arrived[this.arrivedCount++] = index
      // Its channel follows; until then the same row again in this batch is no second one.
      channel[index] = 0
    }
    unpackObjectRows(batch.rows, indices, this.values)
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row] as number
      const first = firstTimeUs[index] as number
      const last = lastTimeUs[index] as number
      this.#noteLength(channel[index] as number, last - first)
      if (first < this.minUs) this.minUs = first
      if (last > this.maxUs) this.maxUs = last
    }
    if (indices.length > 0) this.#changed()
  }

  /** Longest duration of an object of the channel, µs: bounds a search by time. */
  longestUs(channel: number): number {
    return this.#longestUs[channel] ?? 0
  }

  /** Removes all rows, after the session was closed. */
  clear(): void {
    if (this.sessionId === null) return
    this.#reset()
    this.sessionId = null
    this.#changed()
  }

  /** Calls `listener` after every change. @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #reset(): void {
    this.values.channel.fill(NO_CHANNEL, 0, this.count)
    this.count = 0
    this.arrivedCount = 0
    this.minUs = Number.POSITIVE_INFINITY
    this.maxUs = Number.NEGATIVE_INFINITY
    this.#longestUs.fill(0)
    this.generation++
  }

  #noteLength(channel: number, lengthUs: number): void {
    if (channel >= this.#longestUs.length) {
      // A corrupt channel number must not size an array.
      if (channel > MAX_CHANNEL) return
      this.#longestUs = grown(this.#longestUs, new Float64Array(2 ** Math.ceil(Math.log2(channel + 1))))
    }
    if (lengthUs > (this.#longestUs[channel] as number)) this.#longestUs[channel] = lengthUs
  }

  #changed(): void {
    this.version++
    for (const listener of this.#listeners) listener()
  }

  #reserve(rows: number): void {
    const used = this.values.channel.length
    if (rows <= used) return
    let capacity = used
    while (capacity < rows) capacity *= 2
    growColumnArrays(this.values, capacity)
    this.values.channel.fill(NO_CHANNEL, used)
    this.arrived = grown(this.arrived, new Uint32Array(capacity))
  }
}

function grown<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/** The columns of the session this window watches. */
export const objectColumns = new ObjectColumns()
