import type { ByteRange } from '../../flow/objects.ts'

/** Bound on the holes of one object, against forged series of one-byte packets. */
export const MAX_ISLANDS = 16_384

const NO_ISLANDS = new Uint32Array(0)
const FIRST_ISLANDS = 8

/**
 * Received byte ranges of an object: the unbroken prefix, and islands behind it. In-order data only moves `prefix`;
 * islands are a flat sorted list `start, end, start, end …`, disjoint and never touching.
 */
export class ByteRanges {
  /** Length of the unbroken prefix `[0, prefix)`. */
  prefix = 0
  /** Bytes covered. */
  total = 0
  /** End of the last covered byte. */
  highest = 0
  #islands: Uint32Array = NO_ISLANDS
  /** Numbers in use in `#islands`. */
  #used = 0

  /**
   * Covers `[start, end)`.
   * @param fresh gets the newly covered parts, flat pairs, appended
   * @returns number of bytes newly covered; -1 with nothing changed where there would be too many holes
   */
  add(start: number, end: number, fresh: number[]): number {
    const from = Math.max(start, this.prefix)
    if (from >= end) return 0
    if (this.#used === 0 && from === this.prefix) {
      this.prefix = end
      this.highest = end
      this.total += end - from
      fresh.push(from, end)
      return end - from
    }
    return this.#addBehind(from, end, fresh)
  }

  #addBehind(start: number, end: number, fresh: number[]): number {
    const islands = this.#islands
    const first = this.#firstEndingFrom(start)
    let next = first
    let cursor = start
    let joinedStart = start
    let joinedEnd = end
    let added = 0
    for (; next < this.#used && (islands[next] as number) <= end; next += 2) {
      const islandStart = islands[next] as number
      const islandEnd = islands[next + 1] as number
      if (islandStart > cursor) {
        fresh.push(cursor, islandStart)
        added += islandStart - cursor
      }
      if (islandEnd > cursor) cursor = islandEnd
      if (islandStart < joinedStart) joinedStart = islandStart
      if (islandEnd > joinedEnd) joinedEnd = islandEnd
    }
    if (cursor < end) {
      fresh.push(cursor, end)
      added += end - cursor
    }
    if (joinedStart === this.prefix) {
      this.prefix = joinedEnd
      this.#remove(0, next)
    } else if (next === first) {
      if (this.#used >= MAX_ISLANDS * 2) {
        fresh.length = 0
        return -1
      }
      this.#open(first)
      this.#islands[first] = joinedStart
      this.#islands[first + 1] = joinedEnd
    } else {
      islands[first] = joinedStart
      islands[first + 1] = joinedEnd
      this.#remove(first + 2, next)
    }
    if (end > this.highest) this.highest = end
    this.total += added
    return added
  }

  /** Removes the numbers `[from, to)`. */
  #remove(from: number, to: number): void {
    if (to <= from) return
    this.#islands.copyWithin(from, to, this.#used)
    this.#used -= to - from
  }

  /** Makes room for one more island. */
  #open(at: number): void {
    if (this.#used === this.#islands.length) {
      const grown = new Uint32Array(Math.max(FIRST_ISLANDS, this.#used * 2))
      grown.set(this.#islands)
      this.#islands = grown
    }
    this.#islands.copyWithin(at + 2, at, this.#used)
    this.#used += 2
  }

  /** Memory of the islands. */
  get tableBytes(): number {
    return this.#islands.byteLength
  }

  /** Index of the first island whose end is at or after `position`. */
  #firstEndingFrom(position: number): number {
    const islands = this.#islands
    let low = 0
    let high = this.#used / 2
    while (low < high) {
      const middle = (low + high) >> 1
      if ((islands[middle * 2 + 1] as number) < position) low = middle + 1
      else high = middle
    }
    return low * 2
  }

  /** True where every byte of `[start, end)` is covered. */
  covers(start: number, end: number): boolean {
    if (end <= this.prefix) return true
    const at = this.#firstEndingFrom(end)
    return at < this.#used && (this.#islands[at] as number) <= start
  }

  /** True where at least one byte of `[start, end)` is covered. */
  touches(start: number, end: number): boolean {
    if (start < this.prefix) return end > start
    const at = this.#firstEndingFrom(start + 1)
    return at < this.#used && (this.#islands[at] as number) < end
  }

  /** Covered parts of `[start, end)`. */
  covered(start: number, end: number): ByteRange[] {
    const found: ByteRange[] = []
    if (start < this.prefix) found.push([start, Math.min(end, this.prefix)])
    for (let at = this.#firstEndingFrom(start + 1); at < this.#used; at += 2) {
      const islandStart = this.#islands[at] as number
      if (islandStart >= end) break
      found.push([Math.max(start, islandStart), Math.min(end, this.#islands[at + 1] as number)])
    }
    return found
  }

  /** Ranges not covered, up to `size`; with an unknown size (null) only the holes before the last covered byte. */
  missing(size: number | null): ByteRange[] {
    const holes: ByteRange[] = []
    let cursor = this.prefix
    for (let at = 0; at < this.#used; at += 2) {
      holes.push([cursor, this.#islands[at] as number])
      cursor = this.#islands[at + 1] as number
    }
    if (size !== null && cursor < size) holes.push([cursor, size])
    return holes
  }
}
