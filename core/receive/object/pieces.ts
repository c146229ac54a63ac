import { copyShared } from '#platform'
import { type BytePool, isShared } from './byte-pool.ts'

/** Numbers of one piece: place in the object, length, buffer, and place in the buffer. */
const STRIDE = 4
const FIRST_PIECES = 4
const MAX_BUFFER_BYTES = 256 << 10
/** Beyond it pieces that follow one another are joined. */
const MAX_PIECES = 32_768
/** Pieces that cannot be joined: more holes than any object has. */
const MAX_SCATTERED = 24_576

/**
 * Bytes of an object that lie far beyond those received, in order of arrival, with a table of their places: they take
 * the memory of what arrived, at any offset.
 */
export class Pieces {
  readonly #pool: BytePool
  #buffers: Uint8Array[] = []
  /** Bytes used of the last buffer. */
  #used = 0
  /** Sorted by place in the object, disjoint. */
  #table = new Uint32Array(FIRST_PIECES * STRIDE)
  #count = 0

  constructor(pool: BytePool) {
    this.#pool = pool
    pool.used += this.#table.byteLength
  }

  /**
   * Copies `source[from, to)` to place `at`, where nothing was so far.
   * @returns false at a bound
   */
  add(at: number, source: Uint8Array, from: number, to: number): boolean {
    const length = to - from
    if (!this.#room(length)) return false
    let index = this.#firstFrom(at)
    if (!this.#extends(index - 1, at, length)) {
      if (this.#count >= MAX_PIECES) {
        if (!this.#join() || !this.#room(length)) return false
        index = this.#firstFrom(at)
      }
      if (!this.#insert(index, at, length)) return false
    }
    const buffer = this.#buffers[this.#buffers.length - 1] as Uint8Array
    copyBytes(buffer, this.#used, source, from, to, this.#pool.isSourceShared(source))
    this.#used += length
    return true
  }

  /** Makes a piece longer where the bytes at `at` follow it in the object and in its buffer. */
  #extends(index: number, at: number, length: number): boolean {
    if (index < 0) return false
    const table = this.#table
    const place = index * STRIDE
    const size = table[place + 1] as number
    if ((table[place] as number) + size !== at) return false
    if (table[place + 2] !== this.#buffers.length - 1 || (table[place + 3] as number) + size !== this.#used)
      return false
    table[place + 1] = size + length
    return true
  }

  #insert(index: number, at: number, length: number): boolean {
    const end = this.#count * STRIDE
    if (end === this.#table.length) {
      if (!this.#pool.reserve(this.#table.byteLength)) return false
      const grown = new Uint32Array(this.#table.length * 2)
      grown.set(this.#table)
      this.#table = grown
    }
    const place = index * STRIDE
    const table = this.#table
    table.copyWithin(place + STRIDE, place, end)
    table[place] = at
    table[place + 1] = length
    table[place + 2] = this.#buffers.length - 1
    table[place + 3] = this.#used
    this.#count++
    return true
  }

  /** Index of the first piece at or after a place. */
  #firstFrom(at: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#table[middle * STRIDE] as number) < at) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Copies what there is of `[from, to)` to `into`, at the same distance from `at`. */
  copy(from: number, to: number, into: Uint8Array, at: number): void {
    const shared = isShared(into)
    for (let index = Math.max(0, this.#firstFrom(from) - 1); index < this.#count; index++) {
      const place = index * STRIDE
      const start = this.#table[place] as number
      if (start >= to) return
      const first = Math.max(from, start)
      const last = Math.min(to, start + (this.#table[place + 1] as number))
      if (first >= last) continue
      const source = (this.#table[place + 3] as number) + first - start
      copyBytes(into, at + first - from, this.#bufferOf(place), source, source + last - first, shared)
    }
  }

  #bufferOf(place: number): Uint8Array {
    return this.#buffers[this.#table[place + 2] as number] as Uint8Array
  }

  /** @returns false at the memory bound */
  #room(length: number): boolean {
    const last = this.#buffers.at(-1)
    if (last !== undefined && this.#used + length <= last.length) return true
    const buffer = this.#pool.take(Math.max(length, Math.min(MAX_BUFFER_BYTES, 2 * (last?.length ?? 0))))
    if (buffer === null) return false
    this.#buffers.push(buffer)
    this.#used = 0
    return true
  }

  /**
   * Sorts the bytes by their places, and joins pieces that follow one another.
   * @returns false where too many are left
   */
  #join(): boolean {
    const table = this.#table
    let bytes = 0
    for (let index = 0; index < this.#count; index++) bytes += table[index * STRIDE + 1] as number
    const sorted = this.#pool.take(bytes)
    if (sorted === null) return false
    let used = 0
    let count = 0
    for (let index = 0; index < this.#count; index++) {
      const place = index * STRIDE
      const start = table[place] as number
      const length = table[place + 1] as number
      const source = table[place + 3] as number
      copyBytes(sorted, used, this.#bufferOf(place), source, source + length, false)
      const before = (count - 1) * STRIDE
      if (count > 0 && (table[before] as number) + (table[before + 1] as number) === start) {
        table[before + 1] = (table[before + 1] as number) + length
      } else {
        const joined = count * STRIDE
        table[joined] = start
        table[joined + 1] = length
        table[joined + 3] = used
        count++
      }
      used += length
    }
    for (let index = 0; index < count; index++) table[index * STRIDE + 2] = 0
    this.#drop()
    this.#buffers = [sorted]
    this.#used = used
    this.#count = count
    return count < MAX_SCATTERED
  }

  #drop(): void {
    for (const buffer of this.#buffers) {
      if (this.#pool.recycles) this.#pool.giveBack(buffer)
      else this.#pool.disown(buffer)
    }
  }

  /** No longer counts its memory; readers go on. */
  disown(): void {
    for (const buffer of this.#buffers) this.#pool.disown(buffer)
    this.#pool.used -= this.#table.byteLength
  }

  /** Gives back its memory. */
  release(): void {
    this.#drop()
    this.#pool.used -= this.#table.byteLength
    this.#buffers = []
    this.#table = new Uint32Array(0)
    this.#count = 0
    this.#used = 0
  }
}

/**
 * Copies `source[from, to)` to position `at`. A copy needs a view of the source; for a few bytes a loop is cheaper.
 * @param shared one of them is shared memory
 */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  to: number,
  shared: boolean,
): void {
  if (to - from <= 48) {
    for (let i = from, o = at; i < to; i++, o++) target[o] = source[i] as number
  } else if (shared) {
    copyShared(target, at, source.subarray(from, to))
  } else {
    target.set(source.subarray(from, to), at)
  }
}
