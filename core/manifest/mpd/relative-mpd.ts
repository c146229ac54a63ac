import { CodecError } from '../../bytes/codec-error.ts'
import { isAbsoluteReference, resolveReference } from '../reference.ts'
import { TextEdits } from './text-edits.ts'
import {
  escapeXmlText,
  type SourceAttribute,
  type SourceDocument,
  type SourceElement,
  sourceChildren,
  sourceText,
} from './xml-source.ts'

/** Where a level's names count from: at the origin, and on air below a folder of its own (`root`) or the manifest's (empty). */
type Base = { readonly origin: string; readonly root: string; readonly path: string }

const SEGMENT_ELEMENTS = ['SegmentTemplate', 'SegmentList', 'SegmentBase'] as const
const REFERENCES: ReadonlySet<string> = new Set(['media', 'initialization', 'index', 'bitstreamSwitching', 'sourceURL'])

/**
 * The text of an MPD whose names all lie below it, as those of a broadcast do: what lies at another place gets a folder of its
 * own, the first BaseURL of a level remains, queries that tell no segments apart are left out, and so are addresses for updates.
 * All other text is kept; where nothing needs it, the whole.
 * @param url of the manifest; empty for one of a folder
 * @throws CodecError mpd-base, where representations need different texts of one element
 */
export function relativeMpd(document: SourceDocument, url: string): string {
  return new RelativeMpd(document, url).run()
}

class RelativeMpd {
  readonly #document: SourceDocument
  readonly #folder: string
  readonly #edits = new TextEdits()
  readonly #roots = new Map<string, string>()
  readonly #written = new Map<SourceAttribute, string>()

  constructor(document: SourceDocument, url: string) {
    this.#document = document
    const [path = ''] = url.split(/[?#]/, 1)
    this.#folder = path.slice(0, path.lastIndexOf('/') + 1)
  }

  run(): string {
    const { root, text } = this.#document
    for (const name of ['Location', 'PatchLocation'])
      for (const element of sourceChildren(root, name)) this.#edits.replaceElement(element, '')
    const top = this.#base(root, { origin: this.#folder, root: '', path: '' })
    for (const period of sourceChildren(root, 'Period')) {
      const inPeriod = this.#base(period, top)
      for (const set of sourceChildren(period, 'AdaptationSet')) {
        const inSet = this.#base(set, inPeriod)
        for (const representation of sourceChildren(set, 'Representation')) {
          const base = this.#base(representation, inSet)
          for (const level of [period, set, representation])
            for (const kind of SEGMENT_ELEMENTS)
              for (const element of sourceChildren(level, kind)) this.#references(element, base)
        }
      }
    }
    for (const [attribute, value] of this.#written)
      if (value !== attribute.value) this.#edits.setValue(attribute, value)
    return this.#edits.apply(text)
  }

  /** The base of a level, whose BaseURLs are written for it. */
  #base(level: SourceElement, above: Base): Base {
    const [first, ...others] = sourceChildren(level, 'BaseURL')
    for (const other of others) this.#edits.replaceElement(other, '')
    if (first === undefined) return above
    const text = sourceText(this.#document, first)
    const { written, base } = this.#place(text, above)
    if (written !== text) this.#edits.replaceRange(first.openEnd, first.closeStart, escapeXmlText(written))
    return base
  }

  #references(element: SourceElement, base: Base): void {
    for (const attribute of element.attributes) {
      if (!REFERENCES.has(attribute.name)) continue
      const { written } = this.#place(attribute.value, base)
      const before = this.#written.get(attribute)
      if (before !== undefined && before !== written)
        throw new CodecError('mpd-base', element.start, `"${attribute.value.slice(0, 60)}" counts from several bases`)
      this.#written.set(attribute, written)
    }
    for (const child of element.children) this.#references(child, base)
  }

  /** A reference as it is written below the manifest, and the base that it makes. */
  #place(reference: string, above: Base): { readonly written: string; readonly base: Base } {
    const wanted = withoutQuery(reference.trim())
    const origin = resolveReference(above.origin, reference.trim())
    if (!isAbsoluteReference(wanted) && !wanted.startsWith('/')) {
      const path = resolveReference(above.path, wanted)
      if (!path.startsWith('..')) {
        const written = wanted === reference.trim() ? reference : wanted
        return { written, base: { origin, root: above.root, path } }
      }
    }
    const plain = withoutQuery(origin)
    const root = this.#folder !== '' && plain.startsWith(this.#folder) ? '' : this.#rootOf(plain)
    const path = plain.slice(root === '' ? this.#folder.length : folderOf(plain).length)
    const climb = '../'.repeat((above.root + above.path).split('/').length - 1)
    return { written: `${climb}${root}${path}`, base: { origin, root, path } }
  }

  /** The folder on air for what lies in a folder elsewhere. */
  #rootOf(address: string): string {
    const folder = folderOf(address)
    const known = this.#roots.get(folder)
    if (known !== undefined) return known
    const root = `b${this.#roots.size + 1}/`
    this.#roots.set(folder, root)
    return root
  }
}

/** The folder of an address before its first identifier. */
function folderOf(address: string): string {
  const [fixed = ''] = address.split('$', 1)
  return fixed.slice(0, fixed.lastIndexOf('/') + 1)
}

/** Without a query in which no identifier stands. */
function withoutQuery(reference: string): string {
  const query = reference.indexOf('?')
  return query < 0 || reference.includes('$', query) ? reference : reference.slice(0, query)
}
