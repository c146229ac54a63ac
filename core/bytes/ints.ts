/**
 * Big-endian integers read in place, for packet paths that may not allocate. Nothing is checked: the caller has compared the
 * field's end with the end of the datagram.
 */

/** Unsigned, 16 bits. */
export function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/** Unsigned, 24 bits. */
export function u24At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
}

/** Unsigned, 32 bits. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  )
}

/** 48 bits, exact in a number. */
export function u48At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) * 0x1_0000_0000 + u32At(bytes, at + 2)
}
