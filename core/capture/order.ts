/** Fields of capture headers, in the byte order of the file; unsigned. The caller checks bounds. */

/** Two bytes. */
export function fileU16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number
  const second = bytes[at + 1] as number
  return littleEndian ? (second << 8) | first : (first << 8) | second
}

/** Four bytes. */
export function fileU32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number
  const second = bytes[at + 1] as number
  const third = bytes[at + 2] as number
  const fourth = bytes[at + 3] as number
  return littleEndian
    ? ((fourth << 24) | (third << 16) | (second << 8) | first) >>> 0
    : ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0
}

/** An unsigned 64-bit field as a number, exact below 2^53. */
export function fileU64(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = fileU32(bytes, at, littleEndian)
  const second = fileU32(bytes, at + 4, littleEndian)
  return littleEndian ? second * 0x100000000 + first : first * 0x100000000 + second
}
