import type { AlpReceiver } from '../alp/alp-receiver.ts'
import { PendingBytes } from './pending-bytes.ts'

/** An ALP packet of 65535 bytes with its header, and the largest piece after it. */
const BUFFER_BYTES = 256 * 1024
const MAX_PACKET = 65535 + 300

/** Extracts the ALP packets of one PLP from the pieces that carry them. */
export class AlpStream {
  /** Incomplete packets dropped. */
  dropped = 0
  readonly #alp: AlpReceiver
  readonly #plp: number
  readonly #pending = new PendingBytes()
  #synced = false

  constructor(alp: AlpReceiver, plp: number) {
    this.#alp = alp
    this.#plp = plp
  }

  /** Reports a lost piece: drops the incomplete packet. */
  lost(): void {
    if (this.#pending.used > 0) this.dropped++
    this.#pending.used = 0
    this.#synced = false
    this.#alp.lost(this.#plp)
  }

  /**
   * Adds the next piece `from[start, end)`.
   * @param pointer offset in it of the first packet that begins there; -1 where none does or it is unknown
   */
  push(from: Uint8Array, start: number, end: number, pointer: number): void {
    const length = end - start
    if (!this.#synced) {
      if (pointer < 0 || pointer >= length) return
      this.#synced = true
      this.#pending.append(from, start + pointer, end)
      this.#cut(0, -1)
      return
    }
    const before = this.#pending.used
    this.#pending.append(from, start, end)
    this.#cut(0, pointer < 0 || pointer > length ? -1 : before + pointer)
  }

  /** @param boundary start of a packet, -1 unknown: a packet that does not end there was misread */
  #cut(from: number, boundary: number): void {
    let at = from
    let known = boundary
    while (at < this.#pending.used) {
      const within = known > at ? known : this.#pending.used
      const next = this.#alp.read(this.#pending.bytes, at, within, this.#plp)
      if (next >= 0) {
        at = next
        if (at >= known) known = -1
        continue
      }
      if (known <= at) break
      // This packet continues beyond the start of the next.
      this.dropped++
      this.#alp.lost(this.#plp)
      at = known
      known = -1
    }
    this.#pending.drop(at)
    if (this.#pending.used > MAX_PACKET || this.#pending.bytes.length > BUFFER_BYTES) {
      this.lost()
      this.#pending.clear()
    }
  }
}
