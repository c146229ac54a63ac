import { CodecError } from '../../bytes/codec-error.ts'

/**
 * Reads the bits of a NAL unit (RBSP of ISO/IEC 14496-10 §7.4.1): emulation prevention bytes are passed over.
 * @throws CodecError nal-truncated | nal-malformed, from each reader, unless it is quiet
 */
export class BitReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  #byte = 0
  #left = 0
  #zeros = 0
  readonly #quiet: boolean
  #bad = false

  /** @param quiet what is past the end is zeros, and only makes it `bad`: a stream of cut off pictures is no storm of errors */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, quiet = false) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#quiet = quiet
  }

  /** What was read of a quiet one is not in the NAL unit, or no number. */
  get bad(): boolean {
    return this.#bad
  }

  bit(): number {
    if (this.#left === 0) this.#next()
    this.#left--
    return (this.#byte >> this.#left) & 1
  }

  flag(): boolean {
    return this.bit() === 1
  }

  /** @param count up to 32 */
  bits(count: number): number {
    let value = 0
    for (let at = 0; at < count && !this.#bad; at++) value = value * 2 + this.bit()
    return value
  }

  skip(count: number): void {
    for (let at = 0; at < count && !this.#bad; at++) this.bit()
  }

  /** ue(v): §9.1. */
  ue(): number {
    let zeros = 0
    while (this.bit() === 0) {
      zeros++
      if (zeros <= 32) continue
      this.#fail('nal-malformed', 'an Exp-Golomb code has more than 32 zeros')
      return 0
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v). */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }

  #next(): void {
    let byte = this.#nextByte()
    if (this.#zeros >= 2 && byte === 3) {
      this.#zeros = 0
      byte = this.#nextByte()
    }
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0
    this.#byte = byte
    this.#left = 8
  }

  #nextByte(): number {
    if (this.#at < this.#end) return this.#bytes[this.#at++] as number
    this.#fail('nal-truncated', 'a NAL unit ends within a field')
    return 0
  }

  #fail(code: string, message: string): void {
    if (!this.#quiet) throw new CodecError(code, this.#at, message)
    this.#bad = true
  }
}
