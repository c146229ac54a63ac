import type { AlpReceiver } from '../alp/alp-receiver.ts'
import { PendingBytes } from './pending-bytes.ts'

/** An ALP packet of 65535 bytes with its header, and the largest piece that may come on top. */
const BUFFER_BYTES = 256 * 1024
const MAX_PACKET = 65535 + 300

/** The ALP packets of one PLP, cut out of the pieces that carry it. */
export class AlpStream {
  /** Packets given up in the middle. */
  dropped = 0
  readonly #alp: AlpReceiver
  readonly #plp: number
  readonly #pending = new PendingBytes()
  #synced = false

  constructor(alp: AlpReceiver, plp: number) {
    this.#alp = alp
    this.#plp = plp
  }

  /** A piece was lost: the packet that was open will not be whole. */
  lost(): void {
    if (this.#pending.used > 0) this.dropped++
    this.#pending.used = 0
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
      this.#pending.append(from, start + pointer, end)
      this.#cut(0, -1)
      return
    }
    const before = this.#pending.used
    this.#pending.append(from, start, end)
    this.#cut(0, pointer < 0 || pointer > length ? -1 : before + pointer)
  }

  /** @param boundary where a packet is known to begin, -1 unknown: what does not end there was read wrongly */
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
      // A packet that goes on beyond the place where the next begins.
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
