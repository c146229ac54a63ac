import type { ByteSource } from './byte-source.ts'
import { MAX_TAIL_BYTES } from './record.ts'

/** Size of a read: small enough for a processor's cache, large enough that the call costs little. */
const READ_BYTES = 1024 * 1024

/**
 * Reads a source into two buffers: while one is parsed, the next read fills the other. The unread rest of one is put before the
 * bytes of the other, so that records are always in one piece.
 */
export class ReadAhead {
  bytes: Uint8Array
  /** `bytes[from, to)` is to be parsed. */
  from = MAX_TAIL_BYTES
  to = MAX_TAIL_BYTES
  /** Nothing follows `to`. */
  atEnd = false
  /** Position of `bytes[0]` in the source. */
  #base = -MAX_TAIL_BYTES
  #other: Uint8Array
  readonly #source: ByteSource
  #reading: Promise<number> | null = null

  constructor(source: ByteSource, buffers: readonly [Uint8Array, Uint8Array]) {
    this.#source = source
    this.bytes = buffers[0]
    this.#other = buffers[1]
  }

  /** Makes a pair of buffers, which one reader's files share in turn. */
  static buffers(): readonly [Uint8Array, Uint8Array] {
    return [new Uint8Array(MAX_TAIL_BYTES + READ_BYTES), new Uint8Array(MAX_TAIL_BYTES + READ_BYTES)]
  }

  /** Position in the source of `bytes[at]`. */
  offsetOf(at: number): number {
    return this.#base + at
  }

  /** Takes the bytes read; `bytes[from, to)` then starts with the rest from `from`. */
  async advance(): Promise<void> {
    const count = await (this.#reading ?? this.#read(this.#other))
    const left = this.to - this.from
    const start = MAX_TAIL_BYTES - left
    this.#other.set(this.bytes.subarray(this.from, this.to), start)
    this.#base = this.offsetOf(this.from) - start
    const freed = this.bytes
    this.bytes = this.#other
    this.#other = freed
    this.from = start
    this.to = MAX_TAIL_BYTES + count
    this.atEnd = count === 0
    this.#reading = this.atEnd ? null : this.#read(freed)
  }

  #read(into: Uint8Array): Promise<number> {
    const reading = this.#source.read(into, MAX_TAIL_BYTES, READ_BYTES)
    // A failure is handled by `advance`.
    reading.catch(() => undefined)
    return reading
  }
}
