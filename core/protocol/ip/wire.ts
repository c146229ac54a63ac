/** Big-endian fields read in place, for the packet path: the caller has checked the bounds. */

/** Protocol number of UDP in IP headers. */
export const UDP = 17

/** Signed, so that it stays a small integer in the engine; it is only compared, hashed, or made unsigned for text. */
export function i32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

/** Writes two bytes. */
export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}
