import { u16At } from '../../bytes/ints.ts'
import { PendingBytes } from './pending-bytes.ts'

const MAX_PACKET = 65535

/** Extracts the IPv4 packets from a sequence of tunnel payloads; packets and even their headers may span payloads. */
export class InnerPackets {
  /** Dropped packets: incomplete, or with an impossible header. */
  dropped = 0
  readonly #packet: (bytes: Uint8Array, start: number, end: number) => void
  readonly #pending = new PendingBytes()
  #synced = false

  constructor(packet: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#packet = packet
  }

  /** Reports missing tunnel packets before the next. */
  lost(): void {
    if (this.#pending.used > 0) this.dropped++
    this.#pending.used = 0
    this.#synced = false
  }

  /** @param offset of the first inner packet that begins in the payload `from[start, end)`; -1 where the header has none */
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
      // The pending packet must end exactly at the announced start of the next.
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
