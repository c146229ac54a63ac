import { u16At } from '../../bytes/ints.ts'
import { PendingBytes } from './pending-bytes.ts'

const MAX_PACKET = 65535

/** Cuts the IPv4 packets out of a row of tunnel payloads, in which packets and even their headers straddle. */
export class InnerPackets {
  /** Packets given up in the middle, or with a header that cannot be. */
  dropped = 0
  readonly #packet: (bytes: Uint8Array, start: number, end: number) => void
  readonly #pending = new PendingBytes()
  #synced = false

  constructor(packet: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#packet = packet
  }

  /** Tunnel packets before the next are missing. */
  lost(): void {
    if (this.#pending.used > 0) this.dropped++
    this.#pending.used = 0
    this.#synced = false
  }

  /** @param offset where in the payload `from[start, end)` an inner packet begins, -1 where the header does not say */
  push(from: Uint8Array, start: number, end: number, offset: number): void {
    const known = offset >= 0 && offset < end - start
    if (!this.#synced) {
      if (!known) return
      this.#synced = true
      this.#pending.append(from, start + offset, end)
      this.#cut()
      return
    }
    if (known) {
      // What is pending must end exactly where the next packet is said to begin.
      this.#pending.append(from, start, start + offset)
      this.#cut()
      if (!this.#synced || this.#pending.used > 0) {
        this.lost()
        this.#synced = true
      }
      this.#pending.append(from, start + offset, end)
    } else {
      this.#pending.append(from, start, end)
    }
    this.#cut()
  }

  #cut(): void {
    let at = 0
    while (this.#pending.used - at >= 4) {
      const length = u16At(this.#pending.bytes, at + 2)
      if ((this.#pending.bytes[at] as number) >> 4 !== 4 || length < 28 || length > MAX_PACKET) {
        this.dropped++
        this.#pending.used = 0
        this.#synced = false
        return
      }
      if (this.#pending.used - at < length) break
      this.#packet(this.#pending.bytes, at, at + length)
      at += length
    }
    this.#pending.drop(at)
  }
}
