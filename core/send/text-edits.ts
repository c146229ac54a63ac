import { escapeXmlText, type SourceAttribute, type SourceElement } from '../manifest/mpd/xml-source.ts'

type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** Changes to an XML text that leave all else as it was written. Applied together; an element is replaced or edited, not both. */
export class TextEdits {
  readonly #edits: Edit[] = []

  setAttribute(element: SourceElement, name: string, value: string): void {
    const existing = attribute(element, name)
    const escaped = escapeXmlText(value)
    if (existing !== undefined) this.#edits.push({ start: existing.valueStart, end: existing.valueEnd, text: escaped })
    else {
      const at = element.openEnd - (element.selfClosed ? 2 : 1)
      this.#edits.push({ start: at, end: at, text: ` ${name}="${escaped}"` })
    }
  }

  removeAttribute(element: SourceElement, name: string): void {
    const existing = attribute(element, name)
    // The attribute starts at the white space before it and ends after its closing quote.
    if (existing !== undefined) this.#edits.push({ start: existing.start, end: existing.valueEnd + 1, text: '' })
  }

  /** Puts `text` in place of the element; nothing removes it. */
  replaceElement(element: SourceElement, text: string): void {
    this.#edits.push({ start: element.start, end: element.end, text })
  }

  /** Puts `text` before the first child of an element. */
  insertFirst(element: SourceElement, text: string): void {
    if (element.selfClosed)
      this.#edits.push({
        start: element.openEnd - 2,
        end: element.openEnd,
        text: `>${text}</${element.qualifiedName}>`,
      })
    else this.#edits.push({ start: element.openEnd, end: element.openEnd, text })
  }

  apply(text: string): string {
    // Stable: insertions at one place keep the order they were asked for.
    const sorted = [...this.#edits].sort((a, b) => a.start - b.start)
    let out = ''
    let at = 0
    for (const edit of sorted) {
      out += text.slice(at, edit.start) + edit.text
      at = edit.end
    }
    return out + text.slice(at)
  }
}

function attribute(element: SourceElement, name: string): SourceAttribute | undefined {
  return element.attributes.find((candidate) => candidate.name === name)
}
