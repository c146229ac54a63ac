import { OBJECT_ROW, OBJECT_ROW_BYTES, type ObjectBatch } from '../../core/contract/object-rows.ts'

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

  channel = new Uint32Array(FIRST_CAPACITY).fill(NO_CHANNEL)
  firstTimeUs = new Float64Array(FIRST_CAPACITY)
  lastTimeUs = new Float64Array(FIRST_CAPACITY)
  /** Bytes, -1 while unknown. */
  size = new Float64Array(FIRST_CAPACITY)
  received = new Float64Array(FIRST_CAPACITY)
  /** Bytes recovered by FEC, which `received` does not include. */
  recovered = new Float64Array(FIRST_CAPACITY)
  toi = new Float64Array(FIRST_CAPACITY)
  /** OBJECT_STATE. */
  state = new Uint16Array(FIRST_CAPACITY)
  codepoint = new Uint16Array(FIRST_CAPACITY)
  repeats = new Uint32Array(FIRST_CAPACITY)
  arrived = new Uint32Array(FIRST_CAPACITY)

  readonly #listeners = new Set<() => void>()
  #longestUs = new Float64Array(64)

  /** Stores the rows of one batch. Rows of another session start the columns over. */
  apply(batch: ObjectBatch): void {
    if (batch.sessionId !== this.sessionId) {
      if (this.sessionId !== null) this.#reset()
      this.sessionId = batch.sessionId
    }
    const bytes = batch.rows
    const rows = Math.floor(bytes.byteLength / OBJECT_ROW_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#reserve(batch.total)
    for (let row = 0, at = 0; row < rows; row++, at += OBJECT_ROW_BYTES) {
      const index = view.getUint32(at + OBJECT_ROW.index, true)
      if (index >= this.channel.length) this.#reserve(index + 1)
      if (index >= this.count) this.count = index + 1
      if (this.channel[index] === NO_CHANNEL) this.arrived[this.arrivedCount++] = index
      const first = view.getFloat64(at + OBJECT_ROW.firstTimeUs, true)
      const last = view.getFloat64(at + OBJECT_ROW.lastTimeUs, true)
      this.channel[index] = view.getUint32(at + OBJECT_ROW.channel, true)
      this.firstTimeUs[index] = first
      this.lastTimeUs[index] = last
      this.size[index] = view.getFloat64(at + OBJECT_ROW.size, true)
      this.received[index] = view.getFloat64(at + OBJECT_ROW.received, true)
      this.recovered[index] = view.getFloat64(at + OBJECT_ROW.recovered, true)
      this.toi[index] = view.getFloat64(at + OBJECT_ROW.toi, true)
      this.state[index] = view.getUint16(at + OBJECT_ROW.state, true)
      this.codepoint[index] = view.getUint16(at + OBJECT_ROW.codepoint, true)
      this.repeats[index] = view.getUint32(at + OBJECT_ROW.repeats, true)
      this.#noteLength(this.channel[index] as number, last - first)
      if (first < this.minUs) this.minUs = first
      if (last > this.maxUs) this.maxUs = last
    }
    if (rows > 0) this.#changed()
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
    this.channel.fill(NO_CHANNEL, 0, this.count)
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
    let capacity = this.channel.length
    if (rows <= capacity) return
    while (capacity < rows) capacity *= 2
    const used = this.channel.length
    this.channel = grown(this.channel, new Uint32Array(capacity))
    this.channel.fill(NO_CHANNEL, used)
    this.firstTimeUs = grown(this.firstTimeUs, new Float64Array(capacity))
    this.lastTimeUs = grown(this.lastTimeUs, new Float64Array(capacity))
    this.size = grown(this.size, new Float64Array(capacity))
    this.received = grown(this.received, new Float64Array(capacity))
    this.recovered = grown(this.recovered, new Float64Array(capacity))
    this.toi = grown(this.toi, new Float64Array(capacity))
    this.state = grown(this.state, new Uint16Array(capacity))
    this.codepoint = grown(this.codepoint, new Uint16Array(capacity))
    this.repeats = grown(this.repeats, new Uint32Array(capacity))
    this.arrived = grown(this.arrived, new Uint32Array(capacity))
  }
}

function grown<T extends Uint16Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/** The columns of the session this window watches. */
export const objectColumns = new ObjectColumns()
