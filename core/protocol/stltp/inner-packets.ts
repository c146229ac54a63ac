import { u16At } from '../../bytes/ints.ts'

const MAX_PACKET = 65535

/** Cuts the IPv4 packets out of a row of tunnel payloads, in which packets and even their headers straddle. */
export class InnerPackets {
  /** Packets given up in the middle, or with a header that cannot be. */
  dropped = 0
  readonly #packet: (bytes: Uint8Array, start: number, end: number) => void
  #bytes = new Uint8Array(8192)
  #used = 0
  #synced = false

  constructor(packet: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#packet = packet
  }

  /** Tunnel packets before the next are missing. */
  lost(): void {
    if (this.#used > 0) this.dropped++
    this.#used = 0
    this.#synced = false
  }

  /** @param offset where in the payload `from[start, end)` an inner packet begins, -1 where the header does not say */
  push(from: Uint8Array, start: number, end: number, offset: number): void {
    const known = offset >= 0 && offset < end - start
    if (!this.#synced) {
      if (!known) return
      this.#synced = true
      this.#append(from, start + offset, end)
      this.#cut()
      return
    }
    if (known) {
      // What is pending must end exactly where the next packet is said to begin.
      this.#append(from, start, start + offset)
      this.#cut()
      if (!this.#synced || this.#used > 0) {
        this.lost()
        this.#synced = true
      }
      this.#append(from, start + offset, end)
    } else {
      this.#append(from, start, end)
    }
    this.#cut()
  }

  #append(from: Uint8Array, start: number, end: number): void {
    const needed = this.#used + end - start
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = larger
    }
    this.#bytes.set(from.subarray(start, end), this.#used)
    this.#used = needed
  }

  #cut(): void {
    let at = 0
    while (this.#used - at >= 4) {
      const length = u16At(this.#bytes, at + 2)
      if ((this.#bytes[at] as number) >> 4 !== 4 || length < 28 || length > MAX_PACKET) {
        this.dropped++
        this.#used = 0
        this.#synced = false
        return
      }
      if (this.#used - at < length) break
      this.#packet(this.#bytes, at, at + length)
      at += length
    }
    this.#used -= at
    if (at > 0) this.#bytes.copyWithin(0, at, at + this.#used)
  }
}
