import { CodecError } from './codec-error.ts'

/**
 * Writes big-endian fields into a buffer that grows. A value too wide for its field throws `CodecError` `out-of-range`; it is
 * never truncated.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(Math.max(16, capacity))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far; also the offset of the next write. */
  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#view.setUint8(this.#room(1), checked(value, 0xff))
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#view.setUint16(at, checked(value, 0xffff))
    return this
  }

  u24(value: number): this {
    const at = this.#room(3)
    checked(value, 0xff_ffff)
    this.#view.setUint16(at, value >>> 8)
    this.#view.setUint8(at + 2, value & 0xff)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#view.setUint32(at, checked(value, 0xffff_ffff))
    return this
  }

  u48(value: number): this {
    const at = this.#room(6)
    checked(value, 0xffff_ffff_ffff)
    this.#view.setUint16(at, Math.floor(value / 0x1_0000_0000))
    this.#view.setUint32(at + 2, value % 0x1_0000_0000)
    return this
  }

  u64(value: bigint): this {
    const at = this.#room(8)
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) {
      throw new CodecError('out-of-range', at, `${value} does not fit 64 bits`)
    }
    this.#view.setBigUint64(at, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** One byte per character: four-character codes and ASCII identifiers. */
  latin1(text: string): this {
    const at = this.#room(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = checked(text.charCodeAt(i), 0xff)
    return this
  }

  zeros(count: number): this {
    const at = this.#room(count)
    this.#bytes.fill(0, at, at + count)
    return this
  }

  /** Overwrites a 32-bit field written earlier, such as a box size known only at its end. */
  u32At(offset: number, value: number): this {
    if (offset + 4 > this.#length) throw new RangeError(`byte ${offset} is not written yet`)
    this.#view.setUint32(offset, checked(value, 0xffff_ffff))
    return this
  }

  /** Begins again, over the same memory: what `finish` gave is written over. */
  clear(): this {
    this.#length = 0
    return this
  }

  /** A copy of everything written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** A view of everything written; it changes with what is written afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #room(count: number): number {
    const at = this.#length
    const needed = at + count
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = needed
    return at
  }
}

function checked(value: number, max: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw new CodecError('out-of-range', 0, `${value} is not in 0..${max}`)
  }
  return value
}
