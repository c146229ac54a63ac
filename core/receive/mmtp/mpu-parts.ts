import type { MpuPayload } from '../../protocol/mmtp/mpu-payload.ts'
import type { BytePool } from '../object/byte-pool.ts'

/** Words of one record. */
const STRIDE = 8
/** What a storm of MPUs has of each: arrays of so few bytes are a part of the heap, longer ones cost far more than they hold. */
const FIRST_BYTES = 64
const FIRST_RECORDS = 2
/** Fragments of one MPU: 256 MiB in packets of 1 KiB. */
const MAX_RECORDS = 1 << 18
const NO_BYTES = new Uint8Array(0)
const NO_RECORDS = new Uint32Array(0)

/** One data unit, or a fragment of one, as received. */
export type MpuPart = {
  readonly movieFragment: number
  /** sample_number, or item_ID of non-timed media. */
  readonly sample: number
  readonly sequence: number
  readonly indicator: number
  readonly fragmentCounter: number
  readonly offset: number
  readonly data: Uint8Array
}

/**
 * The units of one MPU in order of arrival: their bytes in one growing buffer, their headers in a table beside it.
 * Nothing is allocated per packet.
 */
export class MpuParts {
  readonly #pool: BytePool
  readonly #maxBytes: number
  #bytes = NO_BYTES
  #used = 0
  #records = NO_RECORDS
  #count = 0

  constructor(pool: BytePool, maxBytes: number) {
    this.#pool = pool
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#count
  }

  /** Stored bytes. */
  get used(): number {
    return this.#used
  }

  /**
   * Copies the data unit in `payload`. Its place is 0 for what is no sample or item.
   * @returns false beyond a bound
   */
  add(
    { indicator, fragmentCounter, dataStart: start, dataEnd: end }: MpuPayload,
    sequence: number,
    bytes: Uint8Array,
    movieFragment = 0,
    sample = 0,
    offset = 0,
  ): boolean {
    const length = end - start
    if (this.#count >= MAX_RECORDS || !this.#room(length)) return false
    this.#bytes.set(bytes.subarray(start, end), this.#used)
    const at = this.#count * STRIDE
    if (at === this.#records.length) {
      const grown = new Uint32Array(Math.max(FIRST_RECORDS * STRIDE, this.#records.length * 2))
      if (!this.#pool.reserve(grown.byteLength - this.#records.byteLength)) return false
      grown.set(this.#records)
      this.#records = grown
    }
    const records = this.#records
    records[at] = movieFragment
    records[at + 1] = sample
    records[at + 2] = sequence
    records[at + 3] = (indicator << 8) | fragmentCounter
    records[at + 4] = offset
    records[at + 5] = this.#used
    records[at + 6] = length
    this.#used += length
    this.#count++
    return true
  }

  /** All parts in sending order, views of this buffer. Sequence numbers are compared around `base`. */
  inOrder(base: number): MpuPart[] {
    const order = Array.from({ length: this.#count }, (_, index) => index)
    const records = this.#records
    const place = (index: number): number => ((records[index * STRIDE + 2] as number) - base) | 0
    // Units of one packet keep their order: sorting is stable.
    order.sort((a, b) => place(a) - place(b))
    return order.map((index) => {
      const at = index * STRIDE
      const from = records[at + 5] as number
      return {
        movieFragment: records[at] as number,
        sample: records[at + 1] as number,
        sequence: records[at + 2] as number,
        indicator: (records[at + 3] as number) >>> 8,
        fragmentCounter: (records[at + 3] as number) & 0xff,
        offset: records[at + 4] as number,
        data: this.#bytes.subarray(from, from + (records[at + 6] as number)),
      }
    })
  }

  release(): void {
    this.#pool.unreserve(this.#bytes.length + this.#records.byteLength)
    this.#bytes = NO_BYTES
    this.#records = NO_RECORDS
    this.#used = 0
    this.#count = 0
  }

  #room(length: number): boolean {
    const needed = this.#used + length
    if (needed <= this.#bytes.length) return true
    if (needed > this.#maxBytes) return false
    let size = Math.max(FIRST_BYTES, this.#bytes.length)
    while (size < needed) size *= 2
    size = Math.min(size, this.#maxBytes)
    if (!this.#pool.reserve(size - this.#bytes.length)) return false
    const grown = new Uint8Array(size)
    grown.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = grown
    return true
  }
}
