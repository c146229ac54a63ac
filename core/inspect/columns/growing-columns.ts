type NumberArray = Float64Array | Uint32Array | Uint16Array | Uint8Array

/** A typed array that grows by doubling; rows not set read as 0. */
export class GrowingColumn<T extends NumberArray> {
  /** The column itself: longer than the rows in use, and another array after growth. */
  values: T
  readonly #make: (length: number) => T

  constructor(make: (length: number) => T, rows: number) {
    this.#make = make
    this.values = make(rows)
  }

  reserve(rows: number): void {
    if (rows <= this.values.length) return
    const grown = this.#make(Math.max(rows, this.values.length * 2))
    grown.set(this.values)
    this.values = grown
  }
}

/** Short byte strings of different lengths in one array, by position. */
export class BytePile {
  #bytes = new Uint8Array(4096)
  #used = 0

  /** @returns position of the copy */
  add(bytes: Uint8Array, start: number, end: number): number {
    const at = this.#used
    const needed = at + end - start
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    for (let from = start, to = at; from < end; from++, to++) this.#bytes[to] = bytes[from] as number
    this.#used = needed
    return at
  }

  /** A view. */
  borrow(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length)
  }
}
