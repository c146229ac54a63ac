import { SaxesParser } from 'saxes'
import type { EntryFaults } from '../bytes/entry-faults.ts'
import { firstStray, maskedAmpersands } from './stray-ampersands.ts'
import { type XmlAttribute, type XmlElement, XmlError } from './xml-element.ts'
import { type XmlLimits, xmlExcess } from './xml-limits.ts'
import { attributeLocal, localName, type OpenElement, placeOf, type TextOrigin } from './xml-tree.ts'

/**
 * Reads any well-formed document, and words what is wrong with any other. Five times slower than `scanXml`, which reads the
 * plain ones.
 * @param faults takes ampersands that are text
 * @throws XmlError as `parseXml`
 */
export function readStrictXml(text: string, limits: XmlLimits, origin: TextOrigin, faults?: EntryFaults): XmlElement {
  const { skippedLines, skipped } = origin
  const parser = new SaxesParser({ xmlns: false, position: true })
  const where = () => ({ line: parser.line + skippedLines, column: parser.column, offset: parser.position + skipped })
  const stack: OpenElement[] = []
  let root: XmlElement | null = null
  let elements = 0
  const masked = maskedAmpersands(text)
  const mask = masked?.mask ?? '&'
  let strays = 0
  const unmasked = (chunk: string): string => {
    if (masked === null || !chunk.includes(mask)) return chunk
    const parts = chunk.split(mask)
    strays += parts.length - 1
    return parts.join('&')
  }

  const appendText = (chunk: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += chunk
  }
  parser.on('text', (chunk) => appendText(unmasked(chunk)))
  parser.on('cdata', (chunk) => appendText(chunk.replaceAll(mask, '&')))
  parser.on('opentag', (tag) => {
    const written = tag.attributes as Record<string, string>
    const attributes: XmlAttribute[] = []
    for (const name in written) {
      if (attributes.length > limits.maxAttributes) break
      attributes.push({ name, local: attributeLocal(name), value: unmasked(written[name] as string) })
    }
    const excess = xmlExcess(limits, ++elements, stack.length + 1, attributes.length, tag.name)
    if (excess !== null) throw new XmlError(excess.code, where(), excess.message)
    const at = where()
    const open: OpenElement = { name: tag.name, local: localName(tag.name), attributes, children: [], text: '', ...at }
    stack.at(-1)?.children.push(open)
    stack.push(open)
    root ??= open
  })
  parser.on('closetag', () => {
    const open = stack.pop()
    if (open !== undefined) open.text = open.text.trim()
  })
  parser.on('error', (error) => {
    const message = plain(error.message)
    // What lacks its end is told where it begins, not at the end of the document.
    if (/^unclosed tag|^unexpected end$/.test(message)) {
      const start = unendedMarkup(text)
      if (start >= 0) throw new XmlError('xml-syntax', placeOf(text, start, origin), 'markup without an end')
      throw new XmlError('xml-syntax', stack.at(-1) ?? where(), message)
    }
    throw new XmlError('xml-syntax', where(), masked === null ? message : message.replaceAll(mask, '&'))
  })

  parser.write(masked?.text ?? text).close()
  if (root === null) throw new XmlError('xml-syntax', where(), 'the document has no element')
  if (strays > 0) {
    const first = placeOf(text, firstStray(masked?.text ?? text, mask), origin)
    faults?.written('ampersand', strays, `line ${first.line}, column ${first.column}`)
  }
  return root
}

const PAIRS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<', '>'],
] as const

/** Index of the last markup where it has no end; -1 where it has. */
function unendedMarkup(text: string): number {
  for (const [start, end] of PAIRS) {
    const at = text.lastIndexOf(start)
    if (at >= 0 && !text.includes(end, at)) return at
  }
  return -1
}

/** Removes saxes' `line:column: ` prefix: `XmlError` adds the position in its own form. */
function plain(message: string): string {
  return message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')
}
