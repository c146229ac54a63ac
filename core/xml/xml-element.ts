import { CodecError } from '../bytes/codec-error.ts'
import type { EntryFaults } from '../bytes/entry-faults.ts'

/** An attribute as written, and its name without prefix. Namespace declarations keep their full name as `local`. */
export type XmlAttribute = { readonly name: string; readonly local: string; readonly value: string }

/**
 * An element of a parsed document. Names are compared by local name, because real streams use wrong, missing and misspelt
 * namespaces. `text` is the character data directly inside, trimmed at both ends.
 */
export type XmlElement = {
  /** Qualified name as written. */
  readonly name: string
  readonly local: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  readonly text: string
  /** End of the start tag: line from 1, column from 0, character offset. */
  readonly line: number
  readonly column: number
  readonly offset: number
}

/** A `CodecError` of an XML text, with line (from 1) and column (from 0). */
export class XmlError extends CodecError {
  readonly line: number
  readonly column: number

  constructor(code: string, at: { line: number; column: number; offset: number }, message: string) {
    super(code, at.offset, `line ${at.line}, column ${at.column}: ${message}`)
    this.name = 'XmlError'
    this.line = at.line
    this.column = at.column
  }
}

/** First child with this local name. */
export function child(element: XmlElement, local: string): XmlElement | null {
  for (const candidate of element.children) if (candidate.local === local) return candidate
  return null
}

/** Children with this local name, in order. */
export function childrenOf(element: XmlElement, local: string): XmlElement[] {
  return element.children.filter((candidate) => candidate.local === local)
}

/** All descendants with this local name, in document order. */
export function descendants(element: XmlElement, local: string): XmlElement[] {
  const found: XmlElement[] = []
  const walk = (parent: XmlElement): void => {
    for (const each of parent.children) {
      if (each.local === local) found.push(each)
      walk(each)
    }
  }
  walk(element)
  return found
}

/** Value of the first attribute with this local name, as written. */
export function attr(element: XmlElement, local: string): string | null {
  for (const attribute of element.attributes) if (attribute.local === local) return attribute.value
  return null
}

/** Attribute as an unsigned integer of at most `max`; null where it is absent or not such a number. */
export function uintAttr(element: XmlElement, local: string, max = Number.MAX_SAFE_INTEGER): number | null {
  return parseUint(attr(element, local), max)
}

/** As `uintAttr`, for an attribute the element requires. @throws XmlError `xml-attribute` */
export function requiredUint(element: XmlElement, local: string, max = Number.MAX_SAFE_INTEGER): number {
  const text = requiredAttr(element, local)
  const value = parseUint(text, max)
  if (value === null) {
    throw new XmlError(
      'xml-attribute',
      element,
      `${element.local}@${local} is "${clip(text)}", not a number up to ${max}`,
    )
  }
  return value
}

/** As `uintAttr`, for an attribute that may be absent but must be a number. @throws XmlError `xml-attribute` */
export function optionalUint(element: XmlElement, local: string, max = Number.MAX_SAFE_INTEGER): number | null {
  return attr(element, local) === null ? null : requiredUint(element, local, max)
}

/** What `read` makes of each child of this name; one that cannot be read is left out and noted. */
export function readChildren<Out>(
  parent: XmlElement,
  local: string,
  faults: EntryFaults,
  read: (element: XmlElement) => Out,
): Out[] {
  return faults.each(local, childrenOf(parent, local), read)
}

/** Attribute the element requires. @throws XmlError `xml-attribute` */
export function requiredAttr(element: XmlElement, local: string): string {
  const text = attr(element, local)
  if (text === null) throw new XmlError('xml-attribute', element, `${element.local} has no @${local}`)
  return text
}

/** xs:boolean in any case; `fallback` where it is absent or not a boolean. */
export function boolAttr(element: XmlElement, local: string, fallback: boolean): boolean {
  const text = attr(element, local)?.trim().toLowerCase()
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  return fallback
}

/** Attributes whose local name is not in `known`, kept for the inspector; without namespace declarations. */
export function otherAttributes(element: XmlElement, known: ReadonlySet<string>): readonly XmlAttribute[] {
  let others: XmlAttribute[] | null = null
  for (const attribute of element.attributes) {
    if (known.has(attribute.local) || isDeclaration(attribute.name)) continue
    others ??= []
    others.push(attribute)
  }
  return others ?? NO_ATTRIBUTES
}

function isDeclaration(attributeName: string): boolean {
  return attributeName === 'xmlns' || attributeName.startsWith('xmlns:')
}

/** Decimal unsigned integer, with space around it allowed; null for anything else. */
export function parseUint(text: string | null | undefined, max = Number.MAX_SAFE_INTEGER): number | null {
  if (text === null || text === undefined) return null
  const trimmed = text.trim()
  if (trimmed.length > 20 || !/^\+?[0-9]+$/.test(trimmed)) return null
  const value = Number(trimmed)
  return value <= max ? value : null
}

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** Items of an xs:list; none where there is no text. */
export function listItems(text: string | null): string[] {
  return text === null ? [] : text.split(/\s+/).filter((item) => item !== '')
}
