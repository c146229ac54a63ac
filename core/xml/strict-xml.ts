import { SaxesParser } from 'saxes'
import { type XmlAttribute, type XmlElement, XmlError } from './xml-element.ts'
import { type XmlLimits, xmlExcess } from './xml-limits.ts'
import { attributeLocal, localName, type OpenElement, type TextOrigin } from './xml-tree.ts'

/**
 * Reads any well-formed document, and words what is wrong with any other. Five times slower than `scanXml`, which reads the
 * plain ones.
 * @throws XmlError as `parseXml`
 */
export function readStrictXml(text: string, limits: XmlLimits, { skippedLines, skipped }: TextOrigin): XmlElement {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const where = () => ({ line: parser.line + skippedLines, column: parser.column, offset: parser.position + skipped })
  const stack: OpenElement[] = []
  let root: XmlElement | null = null
  let elements = 0

  const appendText = (chunk: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += chunk
  }
  parser.on('text', appendText)
  parser.on('cdata', appendText)
  parser.on('opentag', (tag) => {
    const written = tag.attributes as Record<string, string>
    const attributes: XmlAttribute[] = []
    for (const name in written) {
      if (attributes.length > limits.maxAttributes) break
      attributes.push({ name, local: attributeLocal(name), value: written[name] as string })
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
    throw new XmlError('xml-syntax', where(), plain(error.message))
  })

  parser.write(text).close()
  if (root === null) throw new XmlError('xml-syntax', where(), 'the document has no element')
  return root
}

/** Removes saxes' `line:column: ` prefix: `XmlError` adds the position in its own form. */
function plain(message: string): string {
  return message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')
}
