/** Sum of the 16-bit words of `bytes[start, end)`, an odd last byte padded with zero, not folded (RFC 1071). */
export function wordSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  let at = start
  for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  if (at < end) sum += (bytes[at] as number) << 8
  return sum
}

/** Folds carries until none is left. GPAC folds once and is off by one for large sums. */
export function foldSum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return folded
}

/** The Internet checksum of a sum: folded and complemented. */
export function internetChecksum(sum: number): number {
  return ~foldSum(sum) & 0xffff
}
