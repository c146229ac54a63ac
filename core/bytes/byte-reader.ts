import { CodecError } from './codec-error.ts'

/**
 * Reads big-endian fields one after another. Every read names its field; a read past the end throws a `CodecError` with the
 * field, its offset and the bytes left.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  readonly #code: string
  #at: number

  /**
   * @param code `CodecError.code` of a read past `end`
   * @throws RangeError where `start` and `end` are not inside `bytes`: an error of the caller, not of the network
   */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, code = 'truncated') {
    if (start < 0 || end < start || end > bytes.length) throw new RangeError(`no range [${start}, ${end}) in the bytes`)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = end
    this.#code = code
    this.#at = start
  }

  /** Offset of the next read, in `bytes`. */
  get offset(): number {
    return this.#at
  }

  get end(): number {
    return this.#end
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field))
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field))
  }

  u24(field: string): number {
    const at = this.#take(3, field)
    return this.#view.getUint16(at) * 256 + this.#view.getUint8(at + 2)
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field))
  }

  i16(field: string): number {
    return this.#view.getInt16(this.#take(2, field))
  }

  i32(field: string): number {
    return this.#view.getInt32(this.#take(4, field))
  }

  u40(field: string): number {
    const at = this.#take(5, field)
    return this.#view.getUint8(at) * 0x1_0000_0000 + this.#view.getUint32(at + 1)
  }

  u48(field: string): number {
    const at = this.#take(6, field)
    return this.#view.getUint16(at) * 0x1_0000_0000 + this.#view.getUint32(at + 2)
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field))
  }

  /** 64 bits as a number. @throws CodecError `too-wide` above 2^53-1, because a number would round it. */
  u64Number(field: string): number {
    const at = this.#at
    const value = this.u64(field)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new CodecError('too-wide', at, `${field} at byte ${at} is ${value}, more than 2^53-1`)
    }
    return Number(value)
  }

  /** The next `length` bytes as a view; nothing is copied. */
  borrow(length: number, field: string): Uint8Array {
    const at = this.#take(length, field)
    return this.#bytes.subarray(at, at + length)
  }

  /** The next `length` bytes as text, one character per byte (four-character codes, ASCII identifiers). */
  latin1(length: number, field: string): string {
    let text = ''
    for (const byte of this.borrow(length, field)) text += String.fromCharCode(byte)
    return text
  }

  skip(length: number, field: string): void {
    this.#take(length, field)
  }

  #take(length: number, field: string): number {
    const at = this.#at
    // This form of the comparison also refuses NaN and negative lengths, which forged fields can produce.
    if (!(length >= 0 && length <= this.#end - at)) {
      const left = this.#end - at
      throw new CodecError(this.#code, at, `${field} at byte ${at} needs ${length} bytes, ${left} are left`)
    }
    this.#at = at + length
    return at
  }
}
