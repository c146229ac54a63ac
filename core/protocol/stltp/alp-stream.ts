import type { AlpReceiver } from '../alp/alp-receiver.ts'

/** An ALP packet of 65535 bytes with its header, and the largest piece that may come on top. */
const BUFFER_BYTES = 256 * 1024
const MAX_PACKET = 65535 + 300

/** The ALP packets of one PLP, cut out of the pieces that carry it. */
export class AlpStream {
  /** Packets given up in the middle. */
  dropped = 0
  readonly #alp: AlpReceiver
  readonly #plp: number
  #bytes = new Uint8Array(4096)
  #used = 0
  #synced = false

  constructor(alp: AlpReceiver, plp: number) {
    this.#alp = alp
    this.#plp = plp
  }

  /** A piece was lost: the packet that was open will not be whole. */
  lost(): void {
    if (this.#used > 0) this.dropped++
    this.#used = 0
    this.#synced = false
    this.#alp.lost(this.#plp)
  }

  /**
   * The next piece `from[start, end)`.
   * @param pointer offset in it of the first packet that begins there, -1 where none does or it is not known
   */
  push(from: Uint8Array, start: number, end: number, pointer: number): void {
    const length = end - start
    if (!this.#synced) {
      if (pointer < 0 || pointer >= length) return
      this.#synced = true
      this.#append(from, start + pointer, end)
      this.#cut(0, -1)
      return
    }
    const before = this.#used
    this.#append(from, start, end)
    this.#cut(0, pointer < 0 || pointer > length ? -1 : before + pointer)
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

  /** @param boundary where a packet is known to begin, -1 unknown: what does not end there was read wrongly */
  #cut(from: number, boundary: number): void {
    let at = from
    let known = boundary
    while (at < this.#used) {
      const within = known > at ? known : this.#used
      const next = this.#alp.read(this.#bytes, at, within, this.#plp)
      if (next >= 0) {
        at = next
        if (at >= known) known = -1
        continue
      }
      if (known <= at) break
      // A packet that goes on beyond the place where the next begins.
      this.dropped++
      this.#alp.lost(this.#plp)
      at = known
      known = -1
    }
    this.#used -= at
    if (this.#used > MAX_PACKET || this.#bytes.length > BUFFER_BYTES) {
      this.lost()
      this.#bytes = new Uint8Array(4096)
    } else if (at > 0) {
      this.#bytes.copyWithin(0, at, at + this.#used)
    }
  }
}
