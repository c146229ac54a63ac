import type { ByteRange } from '../../flow/objects.ts'

/** Ranges stored for one row. */
export const MAX_RANGES = 1024
const FIRST = 1024
/** Numbers of a record before its ranges: for how many it has room, and how many it has. */
const HEAD = 2

/**
 * Byte ranges of rows that have some, in one list of numbers: as arrays they were several times as large, and a storm of
 * incomplete objects kept the garbage collector busy. Objects are at most MAX_OBJECT_BYTES long.
 */
export class RowRanges {
  #numbers = new Uint32Array(FIRST)
  #used = 0
  /** By row: position of its record, plus 1. */
  #at = new Uint32Array(0)

  /** The first MAX_RANGES replace those of the row. */
  set(row: number, ranges: readonly ByteRange[]): void {
    const count = Math.min(ranges.length, MAX_RANGES)
    const at = this.#record(row, count)
    if (at < 0) return
    this.#numbers[at + 1] = count
    for (let index = 0; index < count; index++) {
      const range = ranges[index] as ByteRange
      this.#numbers[at + HEAD + index * 2] = range[0]
      this.#numbers[at + HEAD + index * 2 + 1] = range[1]
    }
  }

  get(row: number): ByteRange[] {
    const at = (this.#at[row] ?? 0) - 1
    if (at < 0) return []
    const ranges: ByteRange[] = []
    const end = at + HEAD + 2 * (this.#numbers[at + 1] as number)
    for (let from = at + HEAD; from < end; from += 2)
      ranges.push([this.#numbers[from] as number, this.#numbers[from + 1] as number])
    return ranges
  }

  /** A record of the row with room for `count` ranges; -1 where neither is one nor is needed. */
  #record(row: number, count: number): number {
    const before = (this.#at[row] ?? 0) - 1
    const room = before < 0 ? 0 : (this.#numbers[before] as number)
    if (count <= room) return before
    // An object may go on and end again with ever more: records grow by doubling, so that all of a row are twice the last.
    const capacity = Math.min(MAX_RANGES, Math.max(count, room * 2))
    const at = this.#used
    this.#used += HEAD + 2 * capacity
    this.#numbers = longEnough(this.#numbers, this.#used)
    this.#numbers[at] = capacity
    this.#at = longEnough(this.#at, row + 1)
    this.#at[row] = at + 1
    return at
  }
}

function longEnough(numbers: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= numbers.length) return numbers
  const grown = new Uint32Array(Math.max(length, FIRST, numbers.length * 2))
  grown.set(numbers)
  return grown
}
