import { latin1Text, utf16Text } from '#platform'
import { readStrictXml } from './strict-xml.ts'
import { type XmlElement, XmlError } from './xml-element.ts'
import { XML_LIMITS, type XmlLimits } from './xml-limits.ts'
import { scanXml } from './xml-scanner.ts'
import type { TextOrigin } from './xml-tree.ts'

/** Longest document in a form that only `readStrictXml` reads, or whose error it words. */
const MAX_STRICT = 1 << 20

/**
 * Parses one document and returns its root. Well-formedness is strict; namespaces are not resolved, because real streams use
 * undeclared prefixes. Skips a byte order mark, space or line ends before the declaration, and NULs after the end. Refuses
 * entities other than the five of XML: nothing is expanded or fetched.
 * @throws XmlError `xml-syntax` | `xml-too-long` | `xml-too-deep` | `xml-too-many`, with line and column
 */
export function parseXml(document: Uint8Array | string, limits: XmlLimits = XML_LIMITS): XmlElement {
  // UTF-8 has at most three bytes for a UTF-16 unit: what is longer cannot have an allowed number of characters.
  if (document.length > limits.maxLength * 3) throw tooLong(document.length, limits)
  const { text, origin } = tidy(typeof document === 'string' ? document : decode(document))
  if (text.length > limits.maxLength) throw tooLong(text.length, limits)
  const scanned = scanXml(text, limits, origin)
  if ('local' in scanned) return scanned
  if (text.length <= MAX_STRICT) return readStrictXml(text, limits, origin)
  const { skippedLines, skipped } = origin
  const before = text.slice(0, scanned.at)
  const line = before.split('\n').length
  const column = scanned.at - (before.lastIndexOf('\n') + 1)
  throw new XmlError(
    'xml-syntax',
    { line: line + skippedLines, column, offset: scanned.at + skipped },
    'markup that is damaged, or not read in so long a document',
  )
}

function tooLong(length: number, { maxLength }: XmlLimits): XmlError {
  const start = { line: 1, column: 0, offset: 0 }
  return new XmlError('xml-too-long', start, `the document has ${length} characters, ${maxLength} are allowed`)
}

/** True where bytes look like the start of an XML text: `<` after a byte order mark and space. */
export function looksLikeXml(bytes: Uint8Array): boolean {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (at < bytes.length && isSpace(bytes[at] as number)) at++
  return bytes[at] === 0x3c
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** Bytes as text: UTF-16 by its byte order mark, Latin-1 by the declaration, else UTF-8 (bad bytes become U+FFFD). */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16Text(bytes, true)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16Text(bytes, false)
  const text = new TextDecoder('utf-8').decode(bytes)
  const declared = /^\s*<\?xml[^>]{0,100}encoding\s*=\s*["'](?:iso-8859-1|windows-1252|latin1)["']/i.test(
    text.slice(0, 200),
  )
  return declared ? latin1Text(bytes) : text
}

/** Removes padding around a document, and returns its size so that positions refer to the original. */
function tidy(text: string): { text: string; origin: TextOrigin } {
  let start = 0
  let lines = 0
  for (; start < text.length; start++) {
    const code = text.charCodeAt(start)
    if (code === 0x0a) lines++
    else if (code !== 0xfeff && !isSpace(code)) break
  }
  let end = text.length
  while (end > start && (text.charCodeAt(end - 1) === 0 || isSpace(text.charCodeAt(end - 1)))) end--
  return { text: text.slice(start, end), origin: { skippedLines: lines, skipped: start } }
}
