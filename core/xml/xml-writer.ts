import type { XmlAttribute, XmlElement } from './xml-element.ts'

/** An attribute's value for the writer; null and undefined leave the attribute out. */
export type XmlValue = string | number | boolean | null | undefined

/** Text with the five special characters of XML escaped and control characters dropped. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot carry these characters, even escaped.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/[&<>"'\t\r\n]/g, (character) => ESCAPES[character] ?? character)
  )
}

// Tabs and line ends are escaped too: a parser turns them into spaces in attributes.
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\r': '&#13;',
  '\n': '&#10;',
}

/** The part of an element that can be written; a parsed `XmlElement` fits. */
export type XmlTree = Pick<XmlElement, 'name' | 'attributes' | 'text'> & { readonly children: readonly XmlTree[] }

/** An element as it was read, with all that is below it, to be written again. */
export function xmlTreeOf({ name, attributes, text, children }: XmlElement): XmlTree {
  return { name, attributes, text, children: children.map(xmlTreeOf) }
}

/**
 * Unknown attributes of a parsed element, ready for writing. Leaves out those with a prefix not in `declared`, because its
 * declaration is not kept.
 */
export function keptAttributes(
  attributes: readonly XmlAttribute[],
  declared: readonly string[] = [],
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const { name, value } of attributes) {
    const colon = name.indexOf(':')
    const prefix = colon < 0 ? null : name.slice(0, colon)
    if (prefix === null || prefix === 'xml' || declared.includes(prefix)) kept[name] = value
  }
  return kept
}

/** Writes one indented document element by element. */
export class XmlWriter {
  #text: string
  readonly #open: string[] = []

  /** @param declaration false leaves `<?xml …?>` out */
  constructor(declaration = true) {
    this.#text = declaration ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ''
  }

  /** Starts an element; `close` ends it. */
  open(name: string, attributes: Readonly<Record<string, XmlValue>> = {}): this {
    this.#text += `${this.#indent()}<${name}${written(attributes)}>\n`
    this.#open.push(name)
    return this
  }

  close(): this {
    const name = this.#open.pop()
    if (name === undefined) throw new RangeError('no element is open')
    this.#text += `${this.#indent()}</${name}>\n`
    return this
  }

  /** A whole element without children; `text` is its content. */
  leaf(name: string, attributes: Readonly<Record<string, XmlValue>> = {}, text?: string): this {
    const head = `${this.#indent()}<${name}${written(attributes)}`
    this.#text += text === undefined ? `${head}/>\n` : `${head}>${escapeXml(text)}</${name}>\n`
    return this
  }

  /** A parsed element with its descendants. */
  element(element: XmlTree): this {
    const attributes: Record<string, string> = {}
    for (const { name, value } of element.attributes) attributes[name] = value
    if (element.children.length === 0) {
      return element.text === ''
        ? this.leaf(element.name, attributes)
        : this.leaf(element.name, attributes, element.text)
    }
    this.open(element.name, attributes)
    if (element.text !== '') this.#text += `${this.#indent()}${escapeXml(element.text)}\n`
    for (const each of element.children) this.element(each)
    return this.close()
  }

  /** The document. @throws RangeError while an element is open */
  toString(): string {
    if (this.#open.length > 0) throw new RangeError(`<${this.#open.at(-1)}> is still open`)
    return this.#text
  }

  /** The document as UTF-8. */
  toBytes(): Uint8Array {
    return new TextEncoder().encode(this.toString())
  }

  #indent(): string {
    return '  '.repeat(this.#open.length)
  }
}

function written(attributes: Readonly<Record<string, XmlValue>>): string {
  let text = ''
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== null && value !== undefined) text += ` ${name}="${escapeXml(String(value))}"`
  }
  return text
}
