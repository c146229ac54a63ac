import { escapeXmlText, type SourceAttribute, type SourceElement } from './xml-source.ts'

type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** Changes to an XML text that leave all else as it was written. Applied together; changes inside a replaced element are void. */
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
    // The attribute starts at the white space before it and ends after its closing quote.
    if (existing !== undefined) this.#edit(existing.start, existing.valueEnd + 1, '')
  }

  /** Puts `text` in place of the element; nothing removes it. */
  replaceElement(element: SourceElement, text: string): void {
    this.#edit(element.start, element.end, text)
  }

  /** Puts `text` before the first child of an element. */
  insertFirst(element: SourceElement, text: string): void {
    if (element.selfClosed) this.#open(element, text)
    else this.#edit(element.openEnd, element.openEnd, text)
  }

  /** Puts `text` after the last child of an element. */
  insertLast(element: SourceElement, text: string): void {
    if (element.selfClosed) this.#open(element, text)
    else this.#edit(element.closeStart, element.closeStart, text)
  }

  /** Puts `text` behind an element. */
  insertAfter(element: SourceElement, text: string): void {
    this.#edit(element.end, element.end, text)
  }

  apply(text: string): string {
    // At one place insertions go before what is taken away, in the order they were asked for.
    const sorted = [...this.#edits].sort((a, b) => a.start - b.start || length(a) - length(b))
    let out = ''
    let at = 0
    for (const edit of sorted) {
      // Elements nest: what starts before the end of an earlier change is inside an element that has been replaced.
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

/** Zero for all insertions. */
const length = (edit: Edit): number => edit.end - edit.start

function attribute(element: SourceElement, name: string): SourceAttribute | undefined {
  return element.attributes.find((candidate) => candidate.name === name)
}
