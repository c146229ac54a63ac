import { latin1Text, utf16Text } from '#platform'
import type { EntryFaults } from '../bytes/entry-faults.ts'

/** Windows-1252 for the bytes from 0x80 to 0x9f; a byte without a character is kept. Every other byte is as in Latin-1. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
const DECLARED = /^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']/
/** Names of Latin-1 and of Windows-1252, which senders and browsers do not tell apart. */
const LATIN = /^(?:iso[-_]?8859-1|windows-1252|cp-?1252|latin-?1|l1|us-ascii|ascii)$/i

/**
 * Bytes as text: UTF-16 by its byte order mark or its first character, any other encoding by the declaration, else UTF-8. Bytes that are
 * not UTF-8 are read as Windows-1252, each by itself, and noted.
 */
export function xmlText(bytes: Uint8Array, faults?: EntryFaults): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16Text(bytes, true)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16Text(bytes, false)
  // A document begins with `<`, whose other byte is 0.
  if (bytes[0] === 0x3c && bytes[1] === 0) return utf16Text(bytes, true)
  if (bytes[0] === 0 && bytes[1] === 0x3c) return utf16Text(bytes, false)
  const declared = DECLARED.exec(latin1Text(bytes.subarray(0, 200)))?.[1]
  if (declared !== undefined && LATIN.test(declared)) return windowsText(latin1Text(bytes))
  const decoder = declared === undefined ? null : decoderOf(declared)
  if (decoder !== null) return decoder.decode(bytes)
  const text = new TextDecoder('utf-8').decode(bytes)
  if (!text.includes('\ufffd')) return text
  const first = firstNotUtf8(bytes, 0)
  if (first === bytes.length) return text
  faults?.written('encoding', 1, `byte ${first + 1}`)
  return mixedText(bytes, first)
}

/** Decodes what is declared as another encoding than UTF-8; null of UTF-8 and UTF-16, whose bytes tell, and of names unknown. */
function decoderOf(declared: string): InstanceType<typeof TextDecoder> | null {
  try {
    const decoder = new TextDecoder(declared)
    return /^utf-/.test(decoder.encoding) ? null : decoder
  } catch {
    return null
  }
}

function windowsText(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] as string)
}

/** UTF-8 in which each byte that is not of it is one of Windows-1252. */
function mixedText(bytes: Uint8Array, first: number): string {
  const decoder = new TextDecoder('utf-8')
  const parts: string[] = []
  let from = 0
  for (let at = first; ; at = firstNotUtf8(bytes, at + 1)) {
    // A byte order mark is removed at the start only.
    const part = bytes.subarray(from, at)
    if (part.length > 0) parts.push(from === 0 ? decoder.decode(part) : KEEPING.decode(part))
    if (at === bytes.length) return parts.join('')
    parts.push(windowsText(latin1Text(bytes.subarray(at, at + 1))))
    from = at + 1
  }
}

const KEEPING = new TextDecoder('utf-8', { ignoreBOM: true })

/** Index of the first byte from `start` on that begins no sequence of UTF-8 (RFC 3629 §4); the length where there is none. */
function firstNotUtf8(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}

/** Bytes of the sequence at `at`; 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (at + length > bytes.length) return 0
  for (let next = 1; next < length; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return 0
  // Forms that are too long, surrogates, and what is beyond Unicode.
  const second = bytes[at + 1] as number
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0
  return length
}
