import { bytesToHex } from '../../bytes/hex.ts'
import { u16At, u24At, u32At } from '../../bytes/ints.ts'
import type { BoxField } from '../../contract/object-boxes.ts'
import { type Hole, isWhole } from '../holes.ts'

/** Most entries of a table that become fields. */
const MAX_ENTRIES = 1000
/** Most bytes of a field shown as hexadecimal. */
const MAX_HEX = 24
/** Two words of a 64-bit number. */
const HIGH = 0x1_0000_0000

/** Ends the reading of a box: a field that decides what follows did not arrive, or the box ends before it. */
export class FieldsEnd extends Error {}

/** A column of a table in a box: its name, and its width in bytes; `signed` for two's complement. */
export type EntryColumn = { readonly name: string; readonly bytes: 1 | 2 | 4 | 8; readonly signed?: boolean }

/**
 * Reads the fields of one box in order, each with its place. A field that did not arrive is listed without a value; reading it
 * returns NaN.
 */
export class FieldReader {
  readonly fields: BoxField[] = []
  readonly #bytes: Uint8Array
  readonly #holes: readonly Hole[]
  readonly #end: number
  readonly #maxEntries: number
  #at: number

  /** @param at offset after the header of the box @param end of the box, within the bytes */
  constructor(bytes: Uint8Array, holes: readonly Hole[], at: number, end: number, maxEntries = MAX_ENTRIES) {
    this.#bytes = bytes
    this.#holes = holes
    this.#at = at
    this.#end = Math.min(end, bytes.length)
    this.#maxEntries = maxEntries
  }

  /** Bytes of the box not read yet. */
  get left(): number {
    return this.#end - this.#at
  }

  /** Version and flags of a full box, which decide about its other fields. */
  full(): { readonly version: number; readonly flags: number } {
    const version = this.#needed(this.uint('version', 1))
    const flags = this.#needed(
      this.#take('flags', 3, (at) => `0x${u24At(this.#bytes, at).toString(16).padStart(6, '0')}`),
    )
    return { version, flags }
  }

  /** An unsigned number. @returns NaN where it did not arrive */
  uint(name: string, bytes: 1 | 2 | 3 | 4 | 8, note: string | null = null): number {
    return this.#take(name, bytes, (at) => numberText(this.#bytes, at, bytes, false), note)
  }

  /** A number that decides about the fields after it. @throws FieldsEnd where it did not arrive */
  count(name: string, bytes: 1 | 2 | 4): number {
    return this.#needed(this.uint(name, bytes))
  }

  int(name: string, bytes: 1 | 2 | 4 | 8, note: string | null = null): void {
    this.#take(name, bytes, (at) => numberText(this.#bytes, at, bytes, true), note)
  }

  /** A fixed-point number of two halves. */
  fixed(name: string, bytes: 2 | 4): void {
    const one = bytes === 2 ? 0x100 : 0x1_0000
    this.#take(name, bytes, (at) =>
      String(Number(((valueAt(this.#bytes, at, bytes, true) as number) / one).toFixed(4))),
    )
  }

  /** A four-character code. */
  code(name: string): void {
    this.#take(name, 4, (at) => dottedAscii(this.#bytes.subarray(at, at + 4)))
  }

  /** Three letters of five bits (ISO 639-2). */
  language(name: string): void {
    this.#take(name, 2, (at) => {
      const word = u16At(this.#bytes, at)
      return String.fromCharCode(...[10, 5, 0].map((shift) => ((word >> shift) & 31) + 0x60))
    })
  }

  /** A string that ends with a zero, or with the box. */
  text(name: string): void {
    if (this.left <= 0) return
    const zero = this.#bytes.subarray(this.#at, this.#end).indexOf(0)
    const bytes = zero < 0 ? this.left : zero + 1
    this.#take(name, bytes, (at) => new TextDecoder().decode(this.#bytes.subarray(at, at + bytes - (zero < 0 ? 0 : 1))))
  }

  /** Bytes as they are; of many, the first. */
  raw(name: string, bytes: number, note: string | null = null): void {
    if (bytes <= 0) return
    this.#take(
      name,
      bytes,
      (at) =>
        `${bytesToHex(this.#bytes.subarray(at, at + Math.min(bytes, MAX_HEX)), ' ')}${bytes > MAX_HEX ? ' …' : ''}`,
      note,
    )
  }

  /** The rest of the box. */
  rest(name: string, note: string | null = null): void {
    this.raw(name, this.left, note)
  }

  skip(name: string, bytes: number): void {
    this.raw(name, Math.min(bytes, this.left), 'reserved')
  }

  /** A table of equal entries, one field each. */
  entries(name: string, count: number, columns: readonly EntryColumn[]): void {
    const width = columns.reduce((sum, column) => sum + column.bytes, 0)
    const listed = Math.min(count, this.#maxEntries)
    if (width === 0) return
    for (let number = 1; number <= listed; number++) {
      this.#take(`${name} ${number}`, width, (at) => {
        let from = at
        return columns
          .map(({ name: title, bytes, signed }) => {
            from += bytes
            return `${title} ${numberText(this.#bytes, from - bytes, bytes, signed === true)}`
          })
          .join(', ')
      })
    }
    if (count <= listed) return
    const rest = (count - listed) * width
    const value = `${count - listed} more`
    this.fields.push({ name, value, offset: this.#at, size: Math.min(rest, this.left), note: 'in the bytes' })
    this.#at += rest
  }

  /** @returns the number as written by `text`; NaN where it is none, or did not arrive */
  #take(name: string, size: number, text: (at: number) => string, note: string | null = null): number {
    const offset = this.#at
    if (offset + size > this.#end) {
      this.fields.push({ name, value: null, offset, size: Math.max(0, this.left), note: 'the box ends before it' })
      throw new FieldsEnd()
    }
    this.#at += size
    const value = isWhole(this.#holes, offset, offset + size) ? text(offset) : null
    this.fields.push({ name, value, offset, size, note })
    return value === null ? Number.NaN : Number(value)
  }

  #needed(value: number): number {
    if (Number.isNaN(value)) throw new FieldsEnd()
    return value
  }
}

function valueAt(bytes: Uint8Array, at: number, width: number, signed: boolean): number | bigint {
  if (width === 1) return signed ? ((bytes[at] as number) << 24) >> 24 : (bytes[at] as number)
  if (width === 2) return signed ? (u16At(bytes, at) << 16) >> 16 : u16At(bytes, at)
  if (width === 3) return u24At(bytes, at)
  if (width === 4) return signed ? u32At(bytes, at) | 0 : u32At(bytes, at)
  const high = u32At(bytes, at)
  const low = u32At(bytes, at + 4)
  if (!signed && high < 0x20_0000) return high * HIGH + low
  const wide = (BigInt(high) << 32n) | BigInt(low)
  return signed ? BigInt.asIntN(64, wide) : wide
}

const numberText = (bytes: Uint8Array, at: number, width: number, signed: boolean): string =>
  String(valueAt(bytes, at, width, signed))

/** Printable ASCII, and a dot for every other byte. */
export function dottedAscii(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
}
