import { shownText } from '../contract/shown-text.ts'
import { remoteElementAddress } from '../manifest/mpd/mpd-elements.ts'
import type { SourceDocument, SourceElement } from '../manifest/mpd/xml-source.ts'

/** Something that a person should know of a presentation that is sent: a sentence, and advice. */
export type SendNote = { readonly sentence: string; readonly tryThis: string }

const MAX_PREFIXES = 4

/** What of an MPD is not sent since it lies elsewhere, and what strict players refuse. */
export function mpdNotes({ root, text }: SourceDocument, name: string): SendNote[] {
  const notes: SendNote[] = []
  const undeclared = new Set<string>()
  const visit = (element: SourceElement, above: ReadonlySet<string>): void => {
    const declared = declaredIn(element, above)
    for (const qualified of [element.qualifiedName, ...element.attributes.map((attribute) => attribute.name)]) {
      const [prefix = '', local] = qualified.split(':', 2)
      if (local !== undefined && prefix !== 'xmlns' && !declared.has(prefix)) undeclared.add(prefix)
    }
    const address = remoteElementAddress(element)
    if (address !== null) {
      const line = text.slice(0, element.start).split('\n').length
      const what = element.children.length === 0 ? 'is not sent' : 'is sent with what stands in the MPD'
      notes.push({
        sentence: `The ${element.name} in line ${line} of "${shownText(name)}" lies at ${shownText(address, 300)}, and ${what}.`,
        tryThis: 'Put its content into the MPD, or expect players to ask for that address.',
      })
    }
    for (const child of element.children) visit(child, declared)
  }
  visit(root, new Set(['xml']))
  if (undeclared.size > 0) {
    const prefixes = [...undeclared].slice(0, MAX_PREFIXES).map((prefix) => `"${shownText(prefix)}"`)
    notes.push({
      sentence: `"${shownText(name)}" does not declare the prefix ${prefixes.join(', ')}, so that strict players refuse it.`,
      tryThis: 'Declare it with xmlns, or take out what uses it.',
    })
  }
  return notes
}

function declaredIn({ attributes }: SourceElement, above: ReadonlySet<string>): ReadonlySet<string> {
  const own = attributes.flatMap(({ name }) => (name.startsWith('xmlns:') ? [name.slice(6)] : []))
  return own.length === 0 ? above : new Set([...above, ...own])
}
