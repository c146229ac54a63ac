/** Sum of the 16-bit words of `bytes[start, end)`, an odd last byte padded with zero, not folded (RFC 1071). */
export function wordSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  let at = start
  for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  if (at < end) sum += (bytes[at] as number) << 8
  return sum
}

/** Whether words of memory have their first byte last. */
const SWAPS = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
/** Buffers of many packets as words, so that no packet needs a view of its own. */
const WORDS = new WeakMap<Uint8Array, Uint32Array>()
/** The last of them: most packets are in the same buffer as the one before. */
let lastBytes: Uint8Array | null = null
let lastWords: Uint32Array = new Uint32Array(0)

/**
 * `wordSum` folded once, for packets in a long buffer: four bytes at a time. `start` is a multiple of 4 of memory; where it is none
 * it is as slow as `wordSum`.
 */
export function longWordSum(bytes: Uint8Array, start: number, end: number): number {
  if (((bytes.byteOffset + start) & 3) !== 0 || (bytes.byteOffset & 3) !== 0) return foldSum(wordSum(bytes, start, end))
  const words = bytes === lastBytes ? lastWords : wordsOf(bytes)
  // Words of 32 bits need not be halved: 2^16 is 1 modulo 65535. The sum of 64 KiB of them is exact.
  let sum = 0
  const last = end >>> 2
  let at = start >>> 2
  for (; at + 7 < last; at += 8) {
    // In pairs, so that no addition waits for the one before it.
    const low =
      (words[at] as number) + (words[at + 1] as number) + ((words[at + 2] as number) + (words[at + 3] as number))
    const high =
      (words[at + 4] as number) + (words[at + 5] as number) + ((words[at + 6] as number) + (words[at + 7] as number))
    sum += low + high
  }
  for (; at < last; at++) sum += words[at] as number
  const folded = foldSum(sum)
  // Of swapped words the sum is swapped (RFC 1071 §2 B).
  const whole = SWAPS ? ((folded & 0xff) << 8) | (folded >> 8) : folded
  return foldSum(whole + wordSum(bytes, Math.max(start, last << 2), end))
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  let words = WORDS.get(bytes)
  if (words === undefined) {
    words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
    WORDS.set(bytes, words)
  }
  lastBytes = bytes
  lastWords = words
  return words
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
