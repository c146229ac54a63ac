import { CodecError } from '../../bytes/codec-error.ts'

/**
 * Reads the bits of a NAL unit (RBSP of ISO/IEC 14496-10 §7.4.1): emulation prevention bytes are passed over.
 * @throws CodecError nal-truncated, from each reader
 */
export class BitReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  #byte = 0
  #left = 0
  #zeros = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
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
    for (let at = 0; at < count; at++) value = value * 2 + this.bit()
    return value
  }

  skip(count: number): void {
    for (let at = 0; at < count; at++) this.bit()
  }

  /** ue(v): §9.1. */
  ue(): number {
    let zeros = 0
    while (this.bit() === 0) {
      zeros++
      if (zeros > 32) throw new CodecError('nal-malformed', this.#at, 'an Exp-Golomb code has more than 32 zeros')
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v). */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }

  #next(): void {
    if (this.#at >= this.#end) throw new CodecError('nal-truncated', this.#at, 'a NAL unit ends within a field')
    let byte = this.#bytes[this.#at++] as number
    if (this.#zeros >= 2 && byte === 3) {
      this.#zeros = 0
      if (this.#at >= this.#end) throw new CodecError('nal-truncated', this.#at, 'a NAL unit ends within a field')
      byte = this.#bytes[this.#at++] as number
    }
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0
    this.#byte = byte
    this.#left = 8
  }
}
