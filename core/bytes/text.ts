// Buffer and not TextDecoder: the ICU data of some runtimes this runs in has no converters beyond UTF-8 and UTF-16LE.

/** One character per byte. */
export function latin1Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** UTF-16 in either byte order, its byte order mark kept; an odd byte at the end is dropped. */
export function utf16Text(bytes: Uint8Array, littleEndian: boolean): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1))
  return (littleEndian ? whole : whole.swap16()).toString('utf16le')
}
