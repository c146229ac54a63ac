import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { PlacedAttribute, PlacedElement } from '../../xml/placed-element.ts'
import { escapedAmpersands } from '../../xml/stray-ampersands.ts'
import { XML_LIMITS } from '../../xml/xml-limits.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { scanPlaced } from '../../xml/xml-scanner.ts'
import { xmlText } from '../../xml/xml-text.ts'

export type SourceAttribute = PlacedAttribute

/**
 * An element with its position in the text. Rewriting changes only the intended parts: comments, prefixes, unknown elements and
 * white space are kept.
 */
export type SourceElement = PlacedElement

/** A document with its text, in which parts can be replaced exactly. */
export type SourceDocument = {
  readonly text: string
  readonly root: SourceElement
  /** The text is no longer as it was sent, which not every player can read. */
  readonly mended: boolean
}

/** The encoding in a declaration, where it is another than that of the text once decoded. */
const OTHER_ENCODING = /^(\s*<\?xml[^>]{0,100}encoding\s*=\s*["'])(?!utf-8["'])[\w.:-]+/i

type Draft = { -readonly [Key in keyof SourceElement]: SourceElement[Key] } & { children: Draft[] }

/**
 * Reads a document for editing in place. Its text is as a strict player takes it: in UTF-8, without stray ampersands.
 * @throws CodecError xml-… as `parseXml`, mpd-encoding for UTF-16
 */
export function parseXmlSource(bytes: Uint8Array, faults = new EntryFaults()): SourceDocument {
  const plain = plainSource(bytes)
  if (plain !== null) return plain
  // The strict parser runs first, so that the scan below reads only well-formed text without a document type.
  parseXml(bytes, XML_LIMITS, faults)
  // No player is known to take UTF-16.
  if (isUtf16(bytes)) throw new CodecError('mpd-encoding', 0, 'the manifest is not UTF-8')
  const sent = xmlText(bytes).replace(/^\ufeff/, '')
  let text = sent.replace(OTHER_ENCODING, '$1UTF-8')
  if (faults.writings.some(({ what }) => what === 'ampersand')) text = escapedAmpersands(text)
  const document: Draft[] = []
  const open: Draft[] = []
  let at = text.indexOf('<')
  while (at >= 0) {
    if (text.startsWith('<!--', at)) at = after(text, '-->', at + 4)
    else if (text.startsWith('<![CDATA[', at)) at = after(text, ']]>', at + 9)
    else if (text.startsWith('<?', at)) at = after(text, '?>', at + 2)
    else if (text.startsWith('<!', at)) throw new CodecError('xml-doctype', at, 'the manifest has a document type')
    else if (text.startsWith('</', at)) {
      const closing = open.pop()
      const end = after(text, '>', at)
      if (closing !== undefined) {
        closing.closeStart = at
        closing.end = end
      }
      at = end
    } else {
      const element = startTag(text, at)
      const siblings = open.at(-1)?.children ?? document
      siblings.push(element)
      if (!element.selfClosed) open.push(element)
      at = element.openEnd
    }
    at = text.indexOf('<', at)
  }
  const root = document[0]
  if (root === undefined) throw new CodecError('mpd-empty', 0, 'the manifest has no element')
  return { text, root, mended: faults.writings.length > 0 || text !== sent }
}

/** Reads a document that is as a strict player takes it, in one pass; null for any other. */
function plainSource(bytes: Uint8Array): SourceDocument | null {
  if (bytes.length > XML_LIMITS.maxLength || isUtf16(bytes)) return null
  const faults = new EntryFaults()
  const text = xmlText(bytes, faults).replace(/^\ufeff/, '')
  if (faults.writings.length > 0 || OTHER_ENCODING.test(text)) return null
  const root = scanPlaced(text, XML_LIMITS)
  return 'at' in root ? null : { text, root, mended: false }
}

function isUtf16(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff || bytes[0] === 0xfe
}

/** Value of an attribute by its name as written, entities decoded; null where absent. */
export function sourceAttribute(element: SourceElement, name: string): string | null {
  return element.attributes.find((attribute) => attribute.name === name)?.value ?? null
}

/** Children of elements with many, by local name: each representation asks its set and period. */
const BY_NAME = new WeakMap<SourceElement, Map<string, SourceElement[]>>()
const FEW = 16
const NONE: readonly SourceElement[] = []

/** Child elements of a local name, in order. */
export function sourceChildren(element: SourceElement, name: string): readonly SourceElement[] {
  if (element.children.length <= FEW) return element.children.filter((child) => child.name === name)
  let byName = BY_NAME.get(element)
  if (byName === undefined) {
    byName = new Map()
    for (const child of element.children) {
      const same = byName.get(child.name)
      if (same === undefined) byName.set(child.name, [child])
      else same.push(child)
    }
    BY_NAME.set(element, byName)
  }
  return byName.get(name) ?? NONE
}

/** Character data of an element that has only text, trimmed. */
export function sourceText(document: SourceDocument, element: SourceElement): string {
  const inner = document.text.slice(element.openEnd, element.closeStart)
  const plain = inner.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, '')
  // Character data may include CDATA, whose content is used unchanged.
  return plain
    .split(/(<!\[CDATA\[[\s\S]*?\]\]>)/)
    .map((part) => (part.startsWith('<![CDATA[') ? part.slice(9, -3) : unescapeXml(part)))
    .join('')
    .trim()
}

/** Text with the five special characters of XML escaped, for attribute values and character data. */
export function escapeXmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const point = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

const TAG_NAME = /[^\s/>]+/y
const ATTRIBUTE = /\s+([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y

function startTag(text: string, start: number): Draft {
  TAG_NAME.lastIndex = start + 1
  const qualifiedName = TAG_NAME.exec(text)?.[0] ?? ''
  const attributes: SourceAttribute[] = []
  let at = start + 1 + qualifiedName.length
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const found = ATTRIBUTE.exec(text)
    if (found === null) break
    const raw = found[2] ?? found[3] ?? ''
    const valueEnd = ATTRIBUTE.lastIndex - 1
    attributes.push({
      name: found[1] ?? '',
      value: unescapeXml(raw.replace(/\r\n|[\t\r\n]/g, ' ')),
      start: at,
      valueStart: valueEnd - raw.length,
      valueEnd,
    })
    at = ATTRIBUTE.lastIndex
  }
  const close = text.indexOf('>', at)
  const openEnd = close + 1
  const selfClosed = text[close - 1] === '/'
  return {
    name: qualifiedName.slice(qualifiedName.indexOf(':') + 1),
    qualifiedName,
    start,
    openEnd,
    closeStart: openEnd,
    end: openEnd,
    selfClosed,
    attributes,
    children: [],
  }
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + mark.length
}
