const FIRST_BYTES = 8192

/** Bytes of incomplete packets, from the start of the first one. */
export class PendingBytes {
  /** Only the first `used` are valid; `append` may replace the array. */
  bytes = new Uint8Array(FIRST_BYTES)
  used = 0

  /** Appends a copy of `from[start, end)`. */
  append(from: Uint8Array, start: number, end: number): void {
    const needed = this.used + end - start
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, this.used))
      this.bytes = larger
    }
    this.bytes.set(from.subarray(start, end), this.used)
    this.used = needed
  }

  /** Removes the first `count` bytes. */
  drop(count: number): void {
    if (count === 0) return
    this.bytes.copyWithin(0, count, this.used)
    this.used -= count
  }

  /** Removes all bytes, and frees memory that a damaged stream made it allocate. */
  clear(): void {
    this.used = 0
    if (this.bytes.length > FIRST_BYTES) this.bytes = new Uint8Array(FIRST_BYTES)
  }
}
