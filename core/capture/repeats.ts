import { sameBytes } from '#platform'
import { i32 } from '../protocol/ip/wire.ts'

/** Packets that are looked at, and those before it that each is compared with. */
const LOOKED_AT = 4096
const NEAR = 4
/** A copy of a packet is recorded soon after it, µs; what a carousel sends again comes later. */
const SOON_US = 100_000
/** Fewer are no habit. */
const LEAST_REPEATS = 16
/** Every packet twice is a half; a carousel of a few packets repeats nearly all of them. */
const LEAST_SHARE = 0.4
const MOST_SHARE = 0.6
/** From here on bytes are the same for a packet that was forwarded: behind TTL and check sum. */
const BEHIND_TTL = 12

/** Finds out whether a capture has its packets twice, as from a mirror port of both directions or from all interfaces. */
export class Repeats {
  /** Not enough was seen yet. */
  watching = true
  #seen = 0
  #repeated = 0
  readonly #bytes: (Uint8Array | null)[] = new Array<Uint8Array | null>(NEAR).fill(null)
  readonly #start = new Int32Array(NEAR)
  readonly #length = new Int32Array(NEAR)
  readonly #timeUs = new Float64Array(NEAR)
  /** What differs between most packets: identification and flags, and the last bytes. */
  readonly #key = new Int32Array(NEAR)

  /** Takes an IP packet. Bytes of those before it may have been overwritten, and then differ. */
  look(bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    const length = end - start
    if (length < 28) return
    const key = i32(bytes, start + 4) ^ i32(bytes, end - 4)
    for (let near = 0; near < NEAR; near++) {
      if (this.#key[near] !== key || this.#length[near] !== length) continue
      if (timeUs - (this.#timeUs[near] as number) > SOON_US || !this.#isSame(near, bytes, start, length)) continue
      this.#repeated++
      this.#length[near] = 0
      break
    }
    const place = this.#seen % NEAR
    this.#bytes[place] = bytes
    this.#start[place] = start
    this.#length[place] = length
    this.#timeUs[place] = timeUs
    this.#key[place] = key
    if (++this.#seen < LOOKED_AT) return
    this.watching = false
    this.#bytes.fill(null)
  }

  /** Packets of the first ones that were there twice, where that is nearly every one; null elsewhere. */
  get found(): { readonly repeated: number; readonly of: number } | null {
    const share = this.#repeated / Math.max(1, this.#seen)
    if (this.#repeated < LEAST_REPEATS || share < LEAST_SHARE || share > MOST_SHARE) return null
    return { repeated: this.#repeated, of: this.#seen }
  }

  #isSame(near: number, bytes: Uint8Array, start: number, length: number): boolean {
    const other = this.#bytes[near]
    if (other === null || other === undefined) return false
    const at = this.#start[near] as number
    if (at + length > other.length || i32(other, at + 4) !== i32(bytes, start + 4)) return false
    return sameBytes(other.subarray(at + BEHIND_TTL, at + length), bytes.subarray(start + BEHIND_TTL, start + length))
  }
}
