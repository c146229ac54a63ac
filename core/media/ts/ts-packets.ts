import { ByteQueue } from '../stream/byte-queue.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'

/** Length of a packet (ISO/IEC 13818-1 §2.4.3.2), and its first byte. */
export const TS_PACKET_BYTES = 188
export const TS_SYNC = 0x47
/** Bytes of a packet behind its header. */
export const TS_PAYLOAD_BYTES = TS_PACKET_BYTES - 4
/** Ticks of 90 kHz after which PTS, DTS and the base of PCR begin again. */
export const TS_CLOCK_WRAP = 2 ** 33
/** Distances between packets: alone, behind a timestamp of 4 bytes (m2ts), before 16 bytes of parity. */
const STRIDES = [188, 192, 204] as const
/** Sync bytes at one distance by which a stream is recognised. */
const CHAIN = 3

/** Splits bytes into transport packets; looks for sync again where a packet does not begin with it. */
export class TsPackets {
  readonly #take: (bytes: Uint8Array, at: number) => void
  readonly #faults: StreamFaults
  readonly #queue = new ByteQueue(64 * 1024)
  /** 0: not in sync. */
  #stride = 0
  #skipped = 0

  /** @param take gets a packet of 188 bytes at `at`, valid during the call */
  constructor(take: (bytes: Uint8Array, at: number) => void, faults: StreamFaults) {
    this.#take = take
    this.#faults = faults
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.#queue.append(bytes, start, end)
    this.#work(false)
  }

  /** Nothing follows. */
  flush(): void {
    this.#work(true)
    this.#queue.clear()
    this.#stride = 0
  }

  #work(last: boolean): void {
    const queue = this.#queue
    for (;;) {
      if (this.#stride === 0 && !this.#search(last)) return
      while (queue.length >= TS_PACKET_BYTES) {
        if (queue.bytes[queue.start] !== TS_SYNC) {
          this.#stride = 0
          break
        }
        // The last packet has no bytes behind it that belong to the distance.
        if (queue.length < this.#stride && !last) return
        this.#take(queue.bytes, queue.start)
        queue.consume(Math.min(this.#stride, queue.length))
      }
      if (this.#stride !== 0) return
    }
  }

  /** Drops bytes up to the next packet that others follow. @returns false where more bytes are needed */
  #search(last: boolean): boolean {
    const queue = this.#queue
    while (queue.length > 0) {
      const found = this.#strideAt(last)
      if (found === undefined) return false
      if (found > 0) {
        if (this.#skipped > 0) this.#faults.add('resynchronised')
        this.#skipped = 0
        this.#stride = found
        return true
      }
      queue.consume(1)
      this.#skipped++
    }
    return false
  }

  /** @returns 0 where no packet begins here */
  #strideAt(last: boolean): number | undefined {
    const { bytes, start, end } = this.#queue
    if (bytes[start] !== TS_SYNC) return 0
    let open = false
    for (const stride of STRIDES) {
      let count = 1
      while (count < CHAIN && start + count * stride < end && bytes[start + count * stride] === TS_SYNC) count++
      if (count === CHAIN) return stride
      if (start + count * stride < end) continue
      if (last) return end - start >= TS_PACKET_BYTES ? stride : 0
      open = true
    }
    return open ? undefined : 0
  }
}
