import { SaxesParser } from 'saxes'
import { latin1Text, utf16Text } from '#platform'
import { type XmlAttribute, type XmlElement, XmlError } from './xml-element.ts'

/** Limits of one document. An SLS fragment has a few kilobytes, a long timeline MPD a few megabytes. */
export type XmlLimits = {
  /** Characters of text. */
  readonly maxLength: number
  readonly maxDepth: number
  readonly maxElements: number
  readonly maxAttributes: number
}

const XML_LIMITS: XmlLimits = { maxLength: 16 << 20, maxDepth: 128, maxElements: 400_000, maxAttributes: 256 }

type Open = {
  name: string
  local: string
  attributes: XmlAttribute[]
  children: XmlElement[]
  text: string
  line: number
  column: number
  offset: number
}

/**
 * Parses one document and returns its root. Well-formedness is strict; namespaces are not resolved, because real streams use
 * undeclared prefixes. Skips a byte order mark, space or line ends before the declaration, and NULs after the end. Refuses
 * entities other than the five of XML: nothing is expanded or fetched.
 * @throws XmlError `xml-syntax` | `xml-too-long` | `xml-too-deep` | `xml-too-many`, with line and column
 */
export function parseXml(document: Uint8Array | string, limits: XmlLimits = XML_LIMITS): XmlElement {
  const { text, skippedLines, skipped } = tidy(typeof document === 'string' ? document : decode(document))
  if (text.length > limits.maxLength) {
    throw new XmlError(
      'xml-too-long',
      { line: 1, column: 0, offset: 0 },
      `the document has ${text.length} characters, ${limits.maxLength} are allowed`,
    )
  }
  const parser = new SaxesParser({ xmlns: false, position: true })
  const where = () => ({ line: parser.line + skippedLines, column: parser.column, offset: parser.position + skipped })
  const stack: Open[] = []
  let root: XmlElement | null = null
  let elements = 0

  const appendText = (chunk: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += chunk
  }
  parser.on('text', appendText)
  parser.on('cdata', appendText)
  parser.on('opentag', (tag) => {
    elements++
    if (elements > limits.maxElements) {
      throw new XmlError('xml-too-many', where(), `more than ${limits.maxElements} elements`)
    }
    if (stack.length >= limits.maxDepth) {
      throw new XmlError('xml-too-deep', where(), `elements are nested deeper than ${limits.maxDepth}`)
    }
    const attributes: XmlAttribute[] = []
    const written = tag.attributes as Record<string, string>
    for (const name in written) {
      if (attributes.length >= limits.maxAttributes) {
        throw new XmlError('xml-too-many', where(), `more than ${limits.maxAttributes} attributes on ${tag.name}`)
      }
      attributes.push({ name, local: attributeLocal(name), value: written[name] as string })
    }
    const at = where()
    const open: Open = { name: tag.name, local: local(tag.name), attributes, children: [], text: '', ...at }
    stack.at(-1)?.children.push(open)
    stack.push(open)
    root ??= open
  })
  parser.on('closetag', () => {
    const open = stack.pop()
    if (open !== undefined) open.text = open.text.trim()
  })
  parser.on('error', (error) => {
    throw new XmlError('xml-syntax', where(), plain(error.message))
  })

  parser.write(text).close()
  if (root === null) throw new XmlError('xml-syntax', where(), 'the document has no element')
  return root
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
function tidy(text: string): { text: string; skippedLines: number; skipped: number } {
  let start = 0
  let lines = 0
  for (; start < text.length; start++) {
    const code = text.charCodeAt(start)
    if (code === 0x0a) lines++
    else if (code !== 0xfeff && !isSpace(code)) break
  }
  let end = text.length
  while (end > start && (text.charCodeAt(end - 1) === 0 || isSpace(text.charCodeAt(end - 1)))) end--
  return { text: text.slice(start, end), skippedLines: lines, skipped: start }
}

function local(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}

function attributeLocal(name: string): string {
  return name.startsWith('xmlns:') ? name : local(name)
}

/** Removes saxes' `line:column: ` prefix: `XmlError` adds the position in its own form. */
function plain(message: string): string {
  return message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')
}
