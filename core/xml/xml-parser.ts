import type { EntryFaults } from '../bytes/entry-faults.ts'
import { readStrictXml } from './strict-xml.ts'
import { type XmlElement, XmlError } from './xml-element.ts'
import { XML_LIMITS, type XmlLimits } from './xml-limits.ts'
import { type NotPlain, scanXml, XmlScan } from './xml-scanner.ts'
import { xmlText } from './xml-text.ts'
import { placeOf, type TextOrigin } from './xml-tree.ts'

/** Longest document in a form that only `readStrictXml` reads, or whose error it words. */
const MAX_STRICT = 1 << 20

/**
 * Parses one document and returns its root. Well-formedness is strict; namespaces are not resolved, because real streams use
 * undeclared prefixes. Skips a byte order mark, space or line ends before the declaration, and NULs after the end. Refuses
 * entities other than the five of XML: nothing is expanded or fetched. A `&` that begins no reference is text.
 * @param faults takes how the text is oddly written
 * @throws XmlError `xml-syntax` | `xml-too-long` | `xml-too-deep` | `xml-too-many`, with line and column
 */
export function parseXml(
  document: Uint8Array | string,
  limits: XmlLimits = XML_LIMITS,
  faults?: EntryFaults,
): XmlElement {
  const { text, origin } = textOf(document, limits, faults)
  return treeOf(scanXml(text, limits, origin, faults), text, limits, origin, faults)
}

/** As `parseXml`, in turns: for a document so long that it would keep everything else waiting. */
export class XmlReading {
  readonly #text: string
  readonly #limits: XmlLimits
  readonly #origin: TextOrigin
  readonly #faults: EntryFaults | undefined
  readonly #scan: XmlScan

  /** @throws XmlError `xml-too-long` */
  constructor(document: Uint8Array | string, limits: XmlLimits, faults?: EntryFaults) {
    const { text, origin } = textOf(document, limits, faults)
    this.#text = text
    this.#limits = limits
    this.#origin = origin
    this.#faults = faults
    this.#scan = new XmlScan(text, limits, origin, faults)
  }

  /**
   * Reads so many further tags, comments and the like.
   * @returns the root once all is read, before that null
   * @throws XmlError as `parseXml`
   */
  read(pieces: number): XmlElement | null {
    const scanned = this.#scan.read(pieces)
    return scanned === null ? null : treeOf(scanned, this.#text, this.#limits, this.#origin, this.#faults)
  }
}

/** @throws XmlError `xml-too-long` */
function textOf(document: Uint8Array | string, limits: XmlLimits, faults?: EntryFaults): ReturnType<typeof tidy> {
  // UTF-8 has at most three bytes for a UTF-16 unit: what is longer cannot have an allowed number of characters.
  if (document.length > limits.maxLength * 3) throw tooLong(document.length, limits)
  const tidied = tidy(typeof document === 'string' ? document : xmlText(document, faults))
  if (tidied.text.length > limits.maxLength) throw tooLong(tidied.text.length, limits)
  return tidied
}

/** @throws XmlError as `parseXml` */
function treeOf(
  scanned: XmlElement | NotPlain,
  text: string,
  limits: XmlLimits,
  origin: TextOrigin,
  faults?: EntryFaults,
): XmlElement {
  if ('local' in scanned) return scanned
  if (text.length <= MAX_STRICT) return readStrictXml(text, limits, origin, faults)
  throw new XmlError(
    'xml-syntax',
    placeOf(text, scanned.at, origin),
    'markup that is damaged, or not read in so long a document',
  )
}

function tooLong(length: number, { maxLength }: XmlLimits): XmlError {
  const start = { line: 1, column: 0, offset: 0 }
  return new XmlError('xml-too-long', start, `the document has ${length} characters, ${maxLength} are allowed`)
}

/** True where bytes look like the start of an XML text: `<` after a byte order mark and space. */
export function looksLikeXml(bytes: Uint8Array): boolean {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return xmlText(bytes.subarray(0, 64)).trimStart().startsWith('<')
  if ((bytes[0] === 0x3c && bytes[1] === 0) || (bytes[0] === 0 && bytes[1] === 0x3c)) return true
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (at < bytes.length && isSpace(bytes[at] as number)) at++
  return bytes[at] === 0x3c
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
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
