/**
 * Bytes that arrived and are not yet read, contiguous: `bytes[start, end)`. Who appends checks the length against a limit of
 * its own. Views into `bytes` are valid until the next `append`.
 */
export class ByteQueue {
  bytes: Uint8Array
  start = 0
  end = 0
  /** Bytes dropped from the front since the beginning: stream offset of `start`. */
  consumed = 0

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.end - this.start
  }

  /** Appends a copy of `source[from, to)`. */
  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from
    if (this.end + count > this.bytes.length) this.#makeRoom(count)
    this.bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.end)
    this.end += count
  }

  /** Drops bytes from the front. */
  consume(count: number): void {
    this.start += count
    this.consumed += count
    if (this.start === this.end) {
      this.start = 0
      this.end = 0
    }
  }

  clear(): void {
    this.consume(this.length)
  }

  #makeRoom(count: number): void {
    const { length } = this
    if (length + count > this.bytes.length) {
      const grown = new Uint8Array(Math.max(length + count, this.bytes.length * 2))
      grown.set(this.bytes.subarray(this.start, this.end))
      this.bytes = grown
    } else this.bytes.copyWithin(0, this.start, this.end)
    this.start = 0
    this.end = length
  }
}
