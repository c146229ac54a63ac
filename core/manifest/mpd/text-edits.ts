import { escapeXmlText, type SourceDocument, type SourceElement } from './xml-source.ts'

type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** Changes to an XML text that leave all else as it was written. What lies inside a removed or replaced element is not changed. */
export class TextEdits {
  readonly #edits: Edit[] = []
  readonly #gone: SourceElement[] = []

  setAttribute(element: SourceElement, name: string, value: string): void {
    const existing = element.attributes.find((attribute) => attribute.name === name)
    const escaped = escapeXmlText(value)
    if (existing !== undefined) this.#edit(existing.valueStart, existing.valueEnd, escaped)
    else {
      const at = element.openEnd - (element.selfClosed ? 2 : 1)
      this.#edit(at, at, ` ${name}="${escaped}"`)
    }
  }

  removeAttribute(element: SourceElement, name: string): void {
    const existing = element.attributes.find((attribute) => attribute.name === name)
    // An attribute starts at the white space before it and ends after its closing quote.
    if (existing !== undefined) this.#edit(existing.start, existing.valueEnd + 1, '')
  }

  /** Puts `text` in place of the element; nothing removes it. */
  replaceElement(element: SourceElement, text: string): void {
    this.#gone.push(element)
    this.#edit(element.start, element.end, text)
  }

  /** Puts `text` after the last child of an element. */
  insertLast(element: SourceElement, text: string): void {
    if (element.selfClosed) this.#edit(element.openEnd - 2, element.openEnd, `>${text}</${element.qualifiedName}>`)
    else this.#edit(element.closeStart, element.closeStart, text)
  }

  apply(document: SourceDocument): string {
    const { text } = document
    const inside = (edit: Edit): boolean =>
      this.#gone.some(
        (element) =>
          edit.start >= element.start &&
          edit.end <= element.end &&
          (edit.start > element.start || edit.end < element.end),
      )
    // Stable: changes at one place keep the order they were asked for.
    const sorted = this.#edits.filter((edit) => !inside(edit)).sort((a, b) => a.start - b.start)
    let out = ''
    let at = 0
    for (const edit of sorted) {
      if (edit.start < at) continue
      out += text.slice(at, edit.start) + edit.text
      at = edit.end
    }
    return out + text.slice(at)
  }

  #edit(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }
}
