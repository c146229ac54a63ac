import { ByteQueue } from '../stream/byte-queue.ts'
import { MAX_UNIT_BYTES, type StreamFaults } from '../stream/stream-faults.ts'

/**
 * Splits an Annex B byte stream (ISO/IEC 14496-10 Annex B) into NAL units. Bytes before the first start code are skipped; trailing
 * zero bytes belong to no unit. Of a unit above the limit nothing is given.
 */
export class NalSplitter {
  readonly #queue = new ByteQueue(64 * 1024)
  readonly #take: (bytes: Uint8Array, start: number, end: number, offset: number) => void
  readonly #faults: StreamFaults
  /** Begun: the queue starts with a unit, behind its start code. */
  #begun = false
  /** Offset into the queue from which start codes are looked for. */
  #scanned = 0
  #skipping = false

  /** @param take gets `bytes[start, end)`, valid during the call, and the stream offset of its start code's end */
  constructor(take: (bytes: Uint8Array, start: number, end: number, offset: number) => void, faults: StreamFaults) {
    this.#take = take
    this.#faults = faults
  }

  /** Stream offset of the next byte to be pushed. */
  get offset(): number {
    return this.#queue.consumed + this.#queue.length
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    const queue = this.#queue
    queue.append(bytes, start, end)
    let at = queue.start + this.#scanned
    const last = queue.end - 2
    const data = queue.bytes
    while (at < last) {
      const third = data[at + 2] as number
      if (third > 1) at += 3
      else if (third === 1 && data[at] === 0 && data[at + 1] === 0) {
        this.#unit(at)
        at += 3
        queue.consume(at - queue.start)
        this.#begun = true
        this.#skipping = false
        if (queue.length === 0) {
          at = queue.start
          break
        }
      } else at++
    }
    this.#scanned = Math.max(0, at - queue.start)
    if (!this.#begun || this.#skipping) {
      // At most two zeros may begin the next start code.
      const drop = Math.max(0, queue.length - 3)
      queue.consume(drop)
      this.#scanned = Math.max(0, this.#scanned - drop)
    } else if (queue.length > MAX_UNIT_BYTES) {
      this.#faults.add('oversized')
      this.#skipping = true
    }
  }

  /** The unit in progress ends here. */
  flush(): void {
    const { end } = this.#queue
    if (this.#begun) this.#unit(end)
    this.drop()
  }

  /** Drops the unit in progress: bytes are missing behind it. */
  drop(): void {
    this.#queue.clear()
    this.#scanned = 0
    this.#begun = false
    this.#skipping = false
  }

  #unit(until: number): void {
    const { bytes, start, consumed } = this.#queue
    if (!this.#begun || this.#skipping) return
    let end = until
    while (end > start && bytes[end - 1] === 0) end--
    if (end > start) this.#take(bytes, start, end, consumed)
  }
}
