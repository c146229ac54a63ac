import { Cea608Channel } from './cea608-channel.ts'

/** One field of CTA-608-E: byte pairs of two caption channels, and of XDS in field 2, which is passed over. */
export class Cea608Field {
  readonly channels: readonly [Cea608Channel, Cea608Channel] = [new Cea608Channel(), new Cea608Channel()]
  #active: Cea608Channel | null = null
  /** Control code that may be repeated at once, which counts as one (CTA-608-E §D.2). */
  #last: number | null = null
  #xds = false

  /** Takes a pair with its parity bits. */
  pair(first: number, second: number): void {
    const [one, other] = [first & 0x7f, second & 0x7f]
    if (one === 0 && other === 0) return
    if (one >= 0x10 && one < 0x20) {
      if (isOdd(first) && isOdd(second)) this.#control(one, other)
      else this.#last = null
      return
    }
    this.#last = null
    if (one > 0 && one < 0x10) {
      // Of extended data services, which end with 0x0f and its sum (CTA-608-E §9.3).
      this.#xds = one !== 0x0f
      return
    }
    if (this.#xds || this.#active === null) return
    // A character with wrong parity is shown as a block.
    if (one >= 0x20) this.#active.character(isOdd(first) ? one : 0x7f)
    if (other >= 0x20) this.#active.character(isOdd(second) ? other : 0x7f)
  }

  #control(one: number, other: number): void {
    const code = one * 256 + other
    if (code === this.#last) {
      this.#last = null
      return
    }
    this.#last = code
    this.#xds = false
    if (other < 0x20) return
    this.#active = this.channels[(one >> 3) & 1 ? 1 : 0]
    this.#active.control(one & 0x17, other)
  }
}

/** Odd parity of all eight bits. */
function isOdd(byte: number): boolean {
  let bits = byte ^ (byte >> 4)
  bits ^= bits >> 2
  bits ^= bits >> 1
  return (bits & 1) === 1
}
