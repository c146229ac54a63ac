/** FNV-1a over `bytes[start, end)`, 32 bits. */
export function hash32(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash >>> 0
}

/** A number that identifies content for all practical purposes: 53 bits from two hashes and the length. */
export function contentKey(bytes: Uint8Array): number {
  let other = bytes.length | 0
  for (let at = 0; at < bytes.length; at++) other = (Math.imul(other, 31) + (bytes[at] as number)) | 0
  return hash32(bytes, 0, bytes.length) * 0x20_0000 + ((other >>> 0) & 0x1f_ffff)
}
