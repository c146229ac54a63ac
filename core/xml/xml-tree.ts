import type { XmlAttribute } from './xml-element.ts'

/** An `XmlElement` while its document is read. */
export type OpenElement = {
  name: string
  local: string
  attributes: XmlAttribute[]
  children: OpenElement[]
  text: string
  line: number
  column: number
  offset: number
}

/** Where a document's text begins in the original: lines and characters before it. */
export type TextOrigin = { readonly skippedLines: number; readonly skipped: number }

/** Line and column of an index of the text, and its offset in the original. */
export function placeOf(
  text: string,
  at: number,
  { skippedLines, skipped }: TextOrigin,
): { readonly line: number; readonly column: number; readonly offset: number } {
  const before = text.slice(0, at)
  const line = before.split('\n').length + skippedLines
  return { line, column: at - (before.lastIndexOf('\n') + 1), offset: at + skipped }
}

/** Name of an element without its prefix. */
export function localName(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}

/** Name of an attribute without its prefix; namespace declarations keep theirs. */
export function attributeLocal(name: string): string {
  return name.startsWith('xmlns:') ? name : localName(name)
}
