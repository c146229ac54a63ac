const FIRST_BYTES = 8192

/** Bytes of packets that come in pieces, from the beginning of the first that is not whole yet. */
export class PendingBytes {
  /** Only the first `used` are meant; `append` may put another array here. */
  bytes = new Uint8Array(FIRST_BYTES)
  used = 0

  /** Copies `from[start, end)` behind what is there. */
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

  /** Takes the first `count` bytes away. */
  drop(count: number): void {
    if (count === 0) return
    this.bytes.copyWithin(0, count, this.used)
    this.used -= count
  }

  /** Takes all away, and the memory that a damaged stream made it ask for. */
  clear(): void {
    this.used = 0
    if (this.bytes.length > FIRST_BYTES) this.bytes = new Uint8Array(FIRST_BYTES)
  }
}
