/** Certificates and signatures nest about ten levels deep and have some hundred elements. */
const MAX_DEPTH = 40
const MAX_ELEMENTS = 20_000

/**
 * True where bytes are one BER value whose nesting and number of elements a recursive parser can take. Checks tags and lengths
 * only, indefinite lengths included; a wrong length ends the check and is left to the parser.
 */
export function isBoundedBer(bytes: Uint8Array): boolean {
  const ends: number[] = []
  let elements = 0
  let at = 0
  while (at < bytes.length) {
    while (ends.length > 0 && at >= (ends.at(-1) as number)) ends.pop()
    if (ends.length === 0 && at > 0) return true
    if (++elements > MAX_ELEMENTS) return false
    const tag = bytes[at++] as number
    if ((tag & 0x1f) === 0x1f) {
      while (at < bytes.length && (bytes[at] as number) >= 0x80) at++
      at++
    }
    const first = bytes[at++] ?? 0
    if (tag === 0 && first === 0) {
      // End of contents closes the innermost value of indefinite length.
      ends.pop()
      continue
    }
    let length = first
    if (first > 0x80) {
      length = 0
      for (let left = first & 0x7f; left > 0; left--) length = length * 256 + (bytes[at++] ?? 0)
    }
    const end = first === 0x80 ? bytes.length : Math.min(bytes.length, at + length)
    if ((tag & 0x20) === 0) {
      at = end
      continue
    }
    if (ends.length >= MAX_DEPTH) return false
    ends.push(end)
  }
  return bytes.length > 0
}

/**
 * Bytes of an OCTET STRING that may be split, as a streaming encoder writes it (BER, X.690 §8.7): all primitive pieces joined,
 * at any nesting. The input has passed `isBoundedBer`.
 */
export function joinOctets(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  let total = 0
  let at = 0
  while (at + 1 < bytes.length) {
    const tag = bytes[at] as number
    const first = bytes[at + 1] as number
    at += 2
    let length = first
    if (first > 0x80) {
      length = 0
      for (let left = first & 0x7f; left > 0; left--) length = length * 256 + (bytes[at++] ?? 0)
    }
    // Constructed pieces are descended into; an end of contents, two zero bytes, reads as an empty piece.
    if ((tag & 0x20) !== 0) continue
    const piece = bytes.subarray(at, Math.min(bytes.length, at + length))
    if (tag === OCTET_STRING) {
      pieces.push(piece)
      total += piece.length
    }
    at += length
  }
  const out = new Uint8Array(total)
  let to = 0
  for (const piece of pieces) {
    out.set(piece, to)
    to += piece.length
  }
  return out
}

const OCTET_STRING = 0x04
