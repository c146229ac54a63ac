import { type PackedForm, UnpackError } from './types.ts'

/*
 * Inflate (RFC 1951) with gzip's and zlib's framing, for runtimes without a synchronous one. It limits the output, and reports
 * truncated input apart from damaged input.
 */

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
/** Order in which a dynamic block lists the lengths of its code length codes. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const MAX_CODE_BITS = 15
const FIRST_OUTPUT_BYTES = 16 << 10

/** Bits of the gzip header's flags. */
const GZIP_FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const

/** Unpacks up to `maxBytes`; padding after the packed data is ignored. @throws UnpackError */
export function inflateLimited(form: PackedForm, bytes: Uint8Array, maxBytes: number): Uint8Array {
  const inflater = new Inflater(bytes, Math.max(1, maxBytes))
  if (form === 'zlib') inflater.zlib()
  else if (form === 'gzip') inflater.gzip()
  else inflater.blocks()
  return inflater.output()
}

/** CRC-32 of RFC 1952 §8, over `bytes` that follow those with the sum `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (let at = 0; at < bytes.length; at++) crc = (CRC[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc
})

function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (let at = 0; at < bytes.length; at++) {
    low = (low + (bytes[at] as number)) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}

/** Canonical Huffman code: how many codes of each length, and the symbols in the order of their codes. */
type Code = { readonly counts: Uint16Array; readonly symbols: Uint16Array }

class Inflater {
  readonly #in: Uint8Array
  readonly #limit: number
  #at = 0
  #bits = 0
  #bitCount = 0
  #out = new Uint8Array(FIRST_OUTPUT_BYTES)
  #length = 0

  constructor(bytes: Uint8Array, limit: number) {
    this.#in = bytes
    this.#limit = limit
  }

  output(): Uint8Array {
    return this.#out.slice(0, this.#length)
  }

  zlib(): void {
    const head = this.#byte() * 256 + this.#byte()
    if ((head >> 8) % 16 !== 8 || head >> 12 > 7 || head % 31 !== 0) corrupt('incorrect header check')
    if (head & 0x20) corrupt('a preset dictionary is needed')
    this.blocks()
    let sum = 0
    for (let i = 0; i < 4; i++) sum = sum * 256 + this.#byte()
    if (sum !== adler32(this.#out.subarray(0, this.#length))) corrupt('incorrect data check')
  }

  /** All members; a zero byte after a member is padding, as in zlib. */
  gzip(): void {
    do this.#member()
    while (this.#at < this.#in.length && this.#in[this.#at] !== 0)
  }

  #member(): void {
    const start = this.#length
    const magic = this.#byte() * 256 + this.#byte()
    if (magic !== 0x1f8b) corrupt('incorrect header check')
    const method = this.#byte()
    const flags = this.#byte()
    if (method !== 8) corrupt('unknown compression method')
    if (flags & 0xe0) corrupt('unknown header flags set')
    for (let i = 0; i < 6; i++) this.#byte()
    if (flags & GZIP_FLAG.extra) for (let left = this.#byte() + this.#byte() * 256; left > 0; left--) this.#byte()
    if (flags & GZIP_FLAG.name) while (this.#byte() !== 0);
    if (flags & GZIP_FLAG.comment) while (this.#byte() !== 0);
    if (flags & GZIP_FLAG.headerCrc) this.#byte() + this.#byte()
    this.blocks()
    const crc = this.#u32()
    const length = this.#u32()
    const member = this.#out.subarray(start, this.#length)
    if (crc !== crc32(member)) corrupt('incorrect data check')
    if (length !== member.length % 2 ** 32) corrupt('incorrect length check')
  }

  /** Blocks up to the last one; the rest of its last byte is dropped. */
  blocks(): void {
    let last = 0
    do {
      last = this.#take(1)
      const type = this.#take(2)
      if (type === 0) this.#stored()
      else if (type === 1) this.#coded(FIXED_LENGTHS, FIXED_DISTANCES)
      else if (type === 2) this.#dynamic()
      else corrupt('invalid block type')
    } while (last === 0)
    this.#bits = 0
    this.#bitCount = 0
  }

  #stored(): void {
    this.#bits = 0
    this.#bitCount = 0
    const length = this.#byte() + this.#byte() * 256
    if (length !== (~(this.#byte() + this.#byte() * 256) & 0xffff)) corrupt('invalid stored block lengths')
    if (this.#at + length > this.#in.length) truncated()
    this.#reserve(length)
    this.#out.set(this.#in.subarray(this.#at, this.#at + length), this.#length)
    this.#length += length
    this.#at += length
  }

  #dynamic(): void {
    const lengthCodes = this.#take(5) + 257
    const distanceCodes = this.#take(5) + 1
    const listed = this.#take(4) + 4
    if (lengthCodes > 286 || distanceCodes > 30) corrupt('too many length or distance symbols')
    const lengths = new Uint8Array(lengthCodes + distanceCodes)
    for (let i = 0; i < listed; i++) lengths[CODE_LENGTH_ORDER[i] as number] = this.#take(3)
    const lengthCode = codeOf(lengths.subarray(0, 19), false)
    lengths.fill(0)
    for (let at = 0; at < lengths.length; ) {
      const symbol = this.#symbol(lengthCode)
      if (symbol < 16) {
        lengths[at++] = symbol
        continue
      }
      if (symbol === 16 && at === 0) corrupt('invalid bit length repeat')
      const value = symbol === 16 ? (lengths[at - 1] as number) : 0
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7)
      if (at + times > lengths.length) corrupt('invalid bit length repeat')
      lengths.fill(value, at, at + times)
      at += times
    }
    if (lengths[256] === 0) corrupt('invalid code -- missing end-of-block')
    this.#coded(codeOf(lengths.subarray(0, lengthCodes), true), codeOf(lengths.subarray(lengthCodes), true))
  }

  #coded(lengthCode: Code, distanceCode: Code): void {
    for (;;) {
      const symbol = this.#symbol(lengthCode)
      if (symbol === 256) return
      if (symbol < 256) {
        if (this.#length === this.#out.length) this.#reserve(1)
        else if (this.#length >= this.#limit) tooLarge(this.#limit)
        this.#out[this.#length++] = symbol
        continue
      }
      const row = symbol - 257
      if (row >= LENGTH_BASE.length) corrupt('invalid literal/length code')
      const length = (LENGTH_BASE[row] as number) + this.#take(LENGTH_BITS[row] as number)
      const column = this.#symbol(distanceCode)
      if (column >= DISTANCE_BASE.length) corrupt('invalid distance code')
      const distance = (DISTANCE_BASE[column] as number) + this.#take(DISTANCE_BITS[column] as number)
      if (distance > this.#length) corrupt('invalid distance too far back')
      this.#reserve(length)
      const out = this.#out
      let to = this.#length
      for (let from = to - distance; from < this.#length - distance + length; ) out[to++] = out[from++] as number
      this.#length = to
    }
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0
    let first = 0
    let index = 0
    for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
      code |= this.#take(1)
      const count = counts[bits] as number
      if (code - count < first) return symbols[index + code - first] as number
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    return corrupt('invalid code')
  }

  /** Makes room for `bytes` more bytes of output. */
  #reserve(bytes: number): void {
    const need = this.#length + bytes
    if (need > this.#limit) tooLarge(this.#limit)
    if (need <= this.#out.length) return
    const larger = new Uint8Array(Math.max(need, Math.min(this.#limit, this.#out.length * 2)))
    larger.set(this.#out.subarray(0, this.#length))
    this.#out = larger
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      this.#bits |= this.#byte() << this.#bitCount
      this.#bitCount += 8
    }
    const value = this.#bits & ((1 << count) - 1)
    this.#bits >>>= count
    this.#bitCount -= count
    return value
  }

  #byte(): number {
    if (this.#at >= this.#in.length) truncated()
    return this.#in[this.#at++] as number
  }

  #u32(): number {
    return this.#byte() + this.#byte() * 256 + this.#byte() * 65536 + this.#byte() * 2 ** 24
  }
}

/** @param single accept a code that leaves bit patterns unused if it has no more than one symbol, of one bit */
function codeOf(lengths: Uint8Array, single: boolean): Code {
  const counts = new Uint16Array(MAX_CODE_BITS + 1)
  for (const length of lengths) counts[length] = (counts[length] as number) + 1
  const codes = lengths.length - (counts[0] as number)
  counts[0] = 0
  let left = 1
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    left = left * 2 - (counts[bits] as number)
    if (left < 0) corrupt('over-subscribed code')
  }
  if (left > 0 && !(single && (codes === 0 || (codes === 1 && counts[1] === 1)))) corrupt('incomplete code')
  const next = new Uint16Array(MAX_CODE_BITS + 2)
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) next[bits + 1] = (next[bits] as number) + (counts[bits] as number)
  const symbols = new Uint16Array(codes)
  lengths.forEach((length, symbol) => {
    if (length === 0) return
    symbols[next[length] as number] = symbol
    next[length] = (next[length] as number) + 1
  })
  return { counts, symbols }
}

const FIXED_LENGTHS = codeOf(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  true,
)
const FIXED_DISTANCES = codeOf(new Uint8Array(32).fill(5), true)

function corrupt(what: string): never {
  throw new UnpackError('corrupt', what)
}

function truncated(): never {
  throw new UnpackError('truncated', 'unexpected end of file')
}

function tooLarge(limit: number): never {
  throw new UnpackError('too-large', `more than ${limit} bytes`)
}
