import type { EntryFaults } from '../bytes/entry-faults.ts'
import type { PlacedAttribute, PlacedElement } from './placed-element.ts'
import { firstStray, REFERENCE } from './stray-ampersands.ts'
import { type XmlAttribute, type XmlElement, XmlError } from './xml-element.ts'
import { type XmlLimits, xmlExcess } from './xml-limits.ts'
import { attributeLocal, localName, type OpenElement, placeOf, type TextOrigin } from './xml-tree.ts'

/** `at`: index where a document leaves the plain form. */
export type NotPlain = { readonly at: number }

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const BANG = 0x21
const DOUBLE_QUOTE = 0x22
const AMPERSAND = 0x26
const SINGLE_QUOTE = 0x27
const SLASH = 0x2f
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e
const QUESTION = 0x3f

/** ASCII characters of names: 2 may begin one, 1 may follow. */
const NAME_CHARACTERS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return /[A-Za-z_:]/.test(character) ? 2 : /[0-9.-]/.test(character) ? 1 : 0
})
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')(?:\s+encoding\s*=\s*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:\s+standalone\s*=\s*(?:"yes"|'yes'|"no"|'no'))?\s*\?>/
const MAX_DECLARATION = 400
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot carry these characters.
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/
/** Shared by all elements without: most have neither. */
const NO_ATTRIBUTES = Object.freeze([]) as unknown as XmlAttribute[]
const NO_CHILDREN = Object.freeze([]) as unknown as OpenElement[]
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * Reads a document of the plain form, in one pass: elements, attributes, text, the entities of XML, comments, CDATA and
 * processing instructions, names in ASCII. Everything else, and every error, is for `readStrictXml`.
 * @param faults takes ampersands that are text, of a document that is read
 * @throws XmlError `xml-too-deep` | `xml-too-many`
 */
export function scanXml(
  text: string,
  limits: XmlLimits,
  origin: TextOrigin,
  faults?: EntryFaults,
): XmlElement | NotPlain {
  const read = new XmlScan(text, limits, origin, faults).read(Number.POSITIVE_INFINITY)
  // All of it was asked for.
  return read ?? { at: text.length }
}

/** As `scanXml`, in turns. */
export class XmlScan {
  readonly #scanner: Scanner
  readonly #text: string
  readonly #origin: TextOrigin
  readonly #faults: EntryFaults | undefined

  constructor(text: string, limits: XmlLimits, origin: TextOrigin, faults?: EntryFaults) {
    this.#scanner = new Scanner(text, limits, origin)
    this.#text = text
    this.#origin = origin
    this.#faults = faults
  }

  /**
   * Reads so many further tags, comments and the like.
   * @returns null where there are more
   * @throws XmlError as `scanXml`
   */
  read(pieces: number): XmlElement | NotPlain | null {
    const read = this.#scanner.read(pieces)
    const { strays } = this.#scanner
    if (read !== null && 'local' in read && strays > 0) {
      const { line, column } = placeOf(this.#text, firstStray(this.#text), this.#origin)
      this.#faults?.written('ampersand', strays, `line ${line}, column ${column}`)
    }
    return read
  }
}

/**
 * As `scanXml`, with the place of each element and attribute in the text. Texts with ampersands that are text are not plain here.
 * @throws XmlError as `scanXml`
 */
export function scanPlaced(text: string, limits: XmlLimits): PlacedElement | NotPlain {
  const places = new Places()
  const scanner = new Scanner(text, limits, { skippedLines: 0, skipped: 0 }, places)
  const read = scanner.read(Number.POSITIVE_INFINITY)
  if (read === null || !('local' in read)) return read ?? { at: text.length }
  return places.root === null || scanner.strays > 0 ? { at: 0 } : places.root
}

type PlacedDraft = { -readonly [Key in keyof PlacedElement]: PlacedElement[Key] } & { children: PlacedDraft[] }

/** The elements of a text with their places, while it is scanned. */
class Places {
  root: PlacedDraft | null = null
  readonly #stack: PlacedDraft[] = []
  #attributes: PlacedAttribute[] = []

  attribute(attribute: PlacedAttribute): void {
    this.#attributes.push(attribute)
  }

  opened(name: string, local: string, start: number, openEnd: number, selfClosed: boolean): void {
    const element: PlacedDraft = {
      name: local,
      qualifiedName: name,
      start,
      openEnd,
      closeStart: openEnd,
      end: openEnd,
      selfClosed,
      attributes: this.#attributes,
      children: [],
    }
    this.#attributes = []
    this.#stack.at(-1)?.children.push(element)
    this.root ??= element
    if (!selfClosed) this.#stack.push(element)
  }

  closed(start: number, end: number): void {
    const element = this.#stack.pop()
    if (element === undefined) return
    element.closeStart = start
    element.end = end
  }
}

class Scanner {
  readonly #text: string
  readonly #limits: XmlLimits
  readonly #origin: TextOrigin
  readonly #places: Places | null
  /** Names of the document: most repeat. */
  readonly #names = new Map<string, string>()
  readonly #stack: OpenElement[] = []
  /** Ampersands that are text. */
  strays = 0
  #root: OpenElement | null = null
  #elements = 0
  #at = 0
  // Place of `#counted`.
  readonly #simple: boolean
  readonly #returns: boolean
  #counted = 0
  #line = 1
  #column = 0
  #nextLine: number

  constructor(text: string, limits: XmlLimits, origin: TextOrigin, places: Places | null = null) {
    this.#text = text
    this.#limits = limits
    this.#origin = origin
    this.#places = places
    this.#returns = text.includes('\r')
    this.#simple = !this.#returns && !/[\ud800-\udfff]/.test(text)
    this.#nextLine = text.indexOf('\n')
  }

  /** @returns null where more than so many pieces of markup are left */
  read(pieces: number): XmlElement | NotPlain | null {
    const text = this.#text
    if (this.#at === 0) {
      if (NO_XML.test(text) || (!this.#simple && LONE_SURROGATE.test(text))) return { at: 0 }
      this.#at = DECLARATION.exec(text.slice(0, MAX_DECLARATION))?.[0].length ?? 0
    }
    for (let left = pieces; this.#at < text.length; left--) {
      if (left <= 0) return null
      if (!this.#markup()) return { at: this.#at }
    }
    return this.#root !== null && this.#stack.length === 0 ? this.#root : { at: this.#at }
  }

  /** Text up to the next markup, and that markup. @returns false where it is not plain */
  #markup(): boolean {
    const text = this.#text
    const less = text.indexOf('<', this.#at)
    const end = less < 0 ? text.length : less
    if (end > this.#at && !this.#characters(text.slice(this.#at, end))) return false
    this.#at = end
    if (less < 0) return true
    switch (text.charCodeAt(less + 1)) {
      case SLASH:
        return this.#closeTag()
      case BANG:
        return text.startsWith('<!--', less) ? this.#comment() : this.#cdata()
      case QUESTION:
        return this.#instruction()
      default:
        return this.#openTag()
    }
  }

  #characters(chunk: string): boolean {
    const open = this.#stack.at(-1)
    if (open === undefined) return /^[ \t\r\n]*$/.test(chunk)
    if (chunk.includes(']]>')) return false
    const lines = this.#returns ? chunk.replace(/\r\n?/g, '\n') : chunk
    const read = chunk.includes('&') ? this.#withoutEntities(lines) : lines
    if (read === null) return false
    open.text += read
    return true
  }

  #comment(): boolean {
    const end = this.#text.indexOf('--', this.#at + 4)
    if (end < 0 || this.#text.charCodeAt(end + 2) !== GREATER) return false
    this.#at = end + 3
    return true
  }

  #cdata(): boolean {
    const open = this.#stack.at(-1)
    if (open === undefined || !this.#text.startsWith('<![CDATA[', this.#at)) return false
    const end = this.#text.indexOf(']]>', this.#at + 9)
    if (end < 0) return false
    const chunk = this.#text.slice(this.#at + 9, end)
    open.text += this.#returns ? chunk.replace(/\r\n?/g, '\n') : chunk
    this.#at = end + 3
    return true
  }

  #instruction(): boolean {
    const nameEnd = this.#nameEnd(this.#at + 2)
    const name = this.#text.slice(this.#at + 2, nameEnd)
    const next = this.#text.charCodeAt(nameEnd)
    const end = this.#text.indexOf('?>', nameEnd)
    if (name === '' || name.toLowerCase() === 'xml' || end < 0 || !(end === nameEnd || isSpaceCode(next))) return false
    this.#at = end + 2
    return true
  }

  #closeTag(): boolean {
    const open = this.#stack.pop()
    if (open === undefined || !this.#text.startsWith(open.name, this.#at + 2)) return false
    const end = this.#skipSpace(this.#at + 2 + open.name.length)
    if (this.#text.charCodeAt(end) !== GREATER) return false
    open.text = open.text.trim()
    this.#places?.closed(this.#at, end + 1)
    this.#at = end + 1
    return true
  }

  #openTag(): boolean {
    const text = this.#text
    const stack = this.#stack
    let at = this.#nameEnd(this.#at + 1)
    if (at === this.#at + 1 || (stack.length === 0 && this.#root !== null)) return false
    const name = this.#name(this.#at + 1, at)
    let attributes = NO_ATTRIBUTES
    for (;;) {
      const next = this.#skipSpace(at)
      const code = text.charCodeAt(next)
      const selfClosed = code === SLASH && text.charCodeAt(next + 1) === GREATER
      if (code === GREATER || selfClosed) {
        this.#opened(name, attributes, next + (selfClosed ? 2 : 1), selfClosed)
        return true
      }
      if (next === at) return false
      if (attributes === NO_ATTRIBUTES) attributes = []
      at = this.#attribute(at, next, attributes)
      if (at < 0) return false
      if (attributes.length > this.#limits.maxAttributes) this.#opened(name, attributes, at, false)
    }
  }

  #opened(name: string, attributes: XmlAttribute[], end: number, selfClosed: boolean): void {
    const stack = this.#stack
    const start = this.#at
    this.#at = end
    this.#count(end)
    const { skippedLines, skipped } = this.#origin
    const line = this.#line + skippedLines
    const column = this.#column
    const offset = end + skipped
    const excess = xmlExcess(this.#limits, ++this.#elements, stack.length + 1, attributes.length, name)
    if (excess !== null) throw new XmlError(excess.code, { line, column, offset }, excess.message)
    const local = this.#intern(localName(name))
    this.#places?.opened(name, local, start, end, selfClosed)
    const open: OpenElement = { name, local, attributes, children: NO_CHILDREN, text: '', line, column, offset }
    const parent = stack.at(-1)
    if (parent !== undefined) {
      if (parent.children === NO_CHILDREN) parent.children = [open]
      else parent.children.push(open)
    }
    this.#root ??= open
    if (!selfClosed) stack.push(open)
  }

  /** Reads an attribute at `start`, with space from `before` on. @returns the index after it, -1 where it is not plain */
  #attribute(before: number, start: number, attributes: XmlAttribute[]): number {
    const text = this.#text
    const nameEnd = this.#nameEnd(start)
    const equals = this.#skipSpace(nameEnd)
    if (nameEnd === start || text.charCodeAt(equals) !== EQUALS) return -1
    const open = this.#skipSpace(equals + 1)
    const quote = text.charCodeAt(open)
    if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE) return -1
    let entities = false
    let spaces = false
    let at = open + 1
    for (; ; at++) {
      const code = text.charCodeAt(at)
      if (code === quote) break
      if (code === AMPERSAND) entities = true
      else if (code < SPACE) spaces = true
      else if (code === LESS || Number.isNaN(code)) return -1
    }
    const written = text.slice(open + 1, at)
    const spaced = spaces ? written.replace(/\r\n|[\t\r\n]/g, ' ') : written
    const value = entities ? this.#withoutEntities(spaced) : spaced
    const name = this.#name(start, nameEnd)
    if (value === null || attributes.some((other) => other.name === name)) return -1
    attributes.push({ name, local: this.#intern(attributeLocal(name)), value })
    this.#places?.attribute({ name, value, start: before, valueStart: open + 1, valueEnd: at })
    return at + 1
  }

  /** Text with its entities decoded; null where one is none of XML's. */
  #withoutEntities(text: string): string | null {
    let plain = true
    const decoded = text.replace(REFERENCE, (_, entity: string | undefined) => {
      if (entity === undefined) {
        this.strays++
        return '&'
      }
      const character = characterOf(entity.slice(0, -1))
      if (character === null) plain = false
      return character ?? ''
    })
    return plain ? decoded : null
  }

  #name(start: number, end: number): string {
    return this.#intern(this.#text.slice(start, end))
  }

  #intern(name: string): string {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    this.#names.set(name, name)
    return name
  }

  /** End of the name at `start`; `start` where there is none in ASCII. */
  #nameEnd(start: number): number {
    const text = this.#text
    if (NAME_CHARACTERS[text.charCodeAt(start)] !== 2) return start
    let at = start + 1
    while ((NAME_CHARACTERS[text.charCodeAt(at)] ?? 0) > 0) at++
    return at
  }

  #skipSpace(start: number): number {
    let at = start
    while (isSpaceCode(this.#text.charCodeAt(at))) at++
    return at
  }

  /** Counts lines and columns up to `to`. */
  #count(to: number): void {
    if (!this.#simple) {
      this.#countEach(to)
      return
    }
    while (this.#nextLine >= 0 && this.#nextLine < to) {
      this.#line++
      this.#column = 0
      this.#counted = this.#nextLine + 1
      this.#nextLine = this.#text.indexOf('\n', this.#counted)
    }
    this.#column += to - this.#counted
    this.#counted = to
  }

  /** A pair of surrogates is one column; CR, LF and CRLF each end a line. */
  #countEach(to: number): void {
    for (let at = this.#counted; at < to; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === NEWLINE || (code === RETURN && this.#text.charCodeAt(at + 1) !== NEWLINE)) {
        this.#line++
        this.#column = 0
      } else if (code !== RETURN && (code & 0xfc00) !== 0xdc00) this.#column++
    }
    this.#counted = to
  }
}

function isSpaceCode(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === RETURN || code === TAB
}

function characterOf(entity: string): string | null {
  if (!entity.startsWith('#')) return Object.hasOwn(ENTITIES, entity) ? (ENTITIES[entity] as string) : null
  const hex = /^#x([0-9a-f]+)$/i.exec(entity)?.[1]
  const decimal = /^#([0-9]+)$/.exec(entity)?.[1]
  const point = hex !== undefined ? Number.parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : 0
  const isSurrogate = point >= 0xd800 && point < 0xe000
  if (point > 0x10ffff || isSurrogate) return null
  const character = String.fromCodePoint(point)
  return NO_XML.test(character) ? null : character
}
