import { u32At } from '../../bytes/ints.ts'

/*
 * FEC transport object of ROUTE (A/331 A.4.2.2, RFC 9223 §4.2), made of one delivery object of F bytes:
 *
 *   | object, F bytes | padding, P zero bytes | F as 32 bits |      S*T bytes, S whole symbols
 *
 * Padding and size are never sent; both ends add them. A super-object is several of these in sequence.
 */
const SIZE_FIELD_BYTES = 4

/** S: number of symbols of the FEC transport object of an object of `objectBytes`. */
export function fecObjectSymbols(objectBytes: number, symbolBytes: number): number {
  return Math.ceil((objectBytes + SIZE_FIELD_BYTES) / symbolBytes)
}

/** True where an object of `objectBytes` and its size field fit `symbols`. */
export function fitsSymbols(objectBytes: number, symbols: number, symbolBytes: number): boolean {
  return objectBytes + SIZE_FIELD_BYTES <= symbols * symbolBytes
}

/**
 * Writes padding and size field of an object, as far as they are in `[from, to)` of its FEC transport object.
 * @param target receives them, byte `from` at `at`; bytes of the object itself are not touched
 * @param total S*T
 */
export function writeFecTail(
  objectBytes: number,
  total: number,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): void {
  const start = Math.max(from, objectBytes)
  if (start >= to) return
  target.fill(0, at + start - from, at + to - from)
  for (let i = 0; i < SIZE_FIELD_BYTES; i++) {
    const position = total - SIZE_FIELD_BYTES + i
    if (position >= from && position < to) target[at + position - from] = (objectBytes >>> (24 - 8 * i)) & 0xff
  }
}

/**
 * The object's length, from the size field of a decoded FEC transport object `bytes[from, to)`.
 * @returns -1 where size field and padding are impossible: the decoded bytes are wrong
 */
export function decodedObjectBytes(bytes: Uint8Array, from: number, to: number): number {
  const room = to - from - SIZE_FIELD_BYTES
  if (room < 0) return -1
  const size = u32At(bytes, to - SIZE_FIELD_BYTES)
  if (size > room) return -1
  for (let at = from + size; at < from + room; at++) if (bytes[at] !== 0) return -1
  return size
}
