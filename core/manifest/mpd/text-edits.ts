import { escapeXmlText, type SourceAttribute, type SourceElement } from './xml-source.ts'

type Edit = { readonly start: number; readonly end: number; readonly text: string }

/**
 * Changes to an XML text that keep all other text as written. They are applied together; changes inside a replaced element are
 * ignored.
 */
export class TextEdits {
  readonly #edits: Edit[] = []

  setAttribute(element: SourceElement, name: string, value: string): void {
    const existing = attribute(element, name)
    const escaped = escapeXmlText(value)
    if (existing !== undefined) this.#edit(existing.valueStart, existing.valueEnd, escaped)
    else {
      const at = element.openEnd - (element.selfClosed ? 2 : 1)
      this.#edit(at, at, ` ${name}="${escaped}"`)
    }
  }

  removeAttribute(element: SourceElement, name: string): void {
    const existing = attribute(element, name)
    // The attribute spans from the white space before it to its closing quote.
    if (existing !== undefined) this.#edit(existing.start, existing.valueEnd + 1, '')
  }

  /** Replaces the element by `text`; an empty text removes it. */
  replaceElement(element: SourceElement, text: string): void {
    this.#edit(element.start, element.end, text)
  }

  /** Replaces the range `[start, end)` of the text, which is of no element: a comment, an instruction. */
  replaceRange(start: number, end: number, text: string): void {
    this.#edit(start, end, text)
  }

  /** Removes everything inside an element. */
  empty(element: SourceElement): void {
    if (!element.selfClosed) this.#edit(element.openEnd, element.closeStart, '')
  }

  /** Replaces the value of an attribute, which must be there. */
  setValue(attribute: SourceAttribute, value: string): void {
    this.#edit(attribute.valueStart, attribute.valueEnd, escapeXmlText(value))
  }

  /** Inserts `text` before the first child of an element. */
  insertFirst(element: SourceElement, text: string): void {
    if (element.selfClosed) this.#open(element, text)
    else this.#edit(element.openEnd, element.openEnd, text)
  }

  /** Inserts `text` after the last child of an element. */
  insertLast(element: SourceElement, text: string): void {
    if (element.selfClosed) this.#open(element, text)
    else this.#edit(element.closeStart, element.closeStart, text)
  }

  /** Inserts `text` after an element. */
  insertAfter(element: SourceElement, text: string): void {
    this.#edit(element.end, element.end, text)
  }

  apply(text: string): string {
    // At one offset, insertions precede replacements, and the longest of these applies; else the order of the calls.
    const sorted = [...this.#edits].sort((a, b) => a.start - b.start || rank(a) - rank(b))
    let out = ''
    let at = 0
    for (const edit of sorted) {
      // Elements nest: an edit before the end of an earlier one is inside a replaced element.
      if (edit.start < at) continue
      out += text.slice(at, edit.start) + edit.text
      at = edit.end
    }
    return out + text.slice(at)
  }

  #open(element: SourceElement, text: string): void {
    this.#edit(element.openEnd - 2, element.openEnd, `>${text}</${element.qualifiedName}>`)
  }

  #edit(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }
}

/** Insertions first, then the longest replacement. */
const rank = ({ start, end }: Edit): number => (end === start ? Number.NEGATIVE_INFINITY : start - end)

function attribute(element: SourceElement, name: string): SourceAttribute | undefined {
  return element.attributes.find((candidate) => candidate.name === name)
}
