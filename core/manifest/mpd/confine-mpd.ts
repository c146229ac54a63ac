import type { ConfinedManifest } from '../confined-manifest.ts'
import {
  CutReferences,
  holdsAddress,
  judgeExpanded,
  judgeReference,
  type ReferenceScope,
  type ReferenceVerdict,
} from '../reference-scope.ts'
import {
  CALLING_EVENTS,
  DESCRIPTORS,
  IDENTIFIER_ATTRIBUTES,
  isResolvedToZero,
  PLAIN_ELEMENTS,
  PROPERTIES,
  protectionName,
  REFERENCE_ATTRIBUTES,
  REMOTE_ATTRIBUTES,
  REMOTE_ELEMENTS,
} from './mpd-elements.ts'
import { TextEdits } from './text-edits.ts'
import {
  escapeXmlText,
  type SourceAttribute,
  type SourceDocument,
  type SourceElement,
  sourceAttribute,
  sourceChildren,
  sourceText,
} from './xml-source.ts'

/**
 * Confines an MPD to its own service: each reference leads to a file of it, or is taken out with the smallest part that needs it
 * (BaseURL, Representation, element, attribute). Takes out as well what makes players ask servers beyond playing: other
 * locations, remote elements (xlink), callbacks, alternative presentations, reporting, steering, licence data.
 * @param clockUrl value of the only UTCTiming by HTTP that is kept
 */
export function confineMpd(document: SourceDocument, scope: ReferenceScope, clockUrl: string | null): ConfinedManifest {
  return new Confinement(document, scope, clockUrl).run()
}

/** References of one segment element: how far plain ones climb, and templates, which depend on the representation. */
type SegmentReferences = { readonly outside: boolean; readonly up: number; readonly templates: readonly string[] }

const MAX_SYSTEMS = 4
/** An XML declaration begins here at the latest: some senders pad the text before it. */
const DECLARED_BY = 64
/** Elements whose BaseURL counts. */
const LEVELS: ReadonlySet<string> = new Set(['MPD', 'Period', 'AdaptationSet', 'Representation'])
const SEGMENT_ELEMENTS = ['SegmentBase', 'SegmentTemplate', 'SegmentList'] as const

class Confinement {
  readonly #document: SourceDocument
  readonly #scope: ReferenceScope
  readonly #clockUrl: string | null
  readonly #edits = new TextEdits()
  readonly #cuts = new CutReferences()
  readonly #removed = new Set<SourceElement>()
  readonly #segments = new Map<SourceElement, SegmentReferences>()
  readonly #lineStarts: number[] = []
  readonly #systems = new Set<string>()
  /** Whether there is audio or video without encryption. */
  #clear = false
  #isRooted = false

  constructor(document: SourceDocument, scope: ReferenceScope, clockUrl: string | null) {
    this.#document = document
    this.#scope = scope
    this.#clockUrl = clockUrl
  }

  run(): ConfinedManifest {
    const { root, text } = this.#document
    this.#visit(root, null, false)
    const hadMedia = this.#structure(root)
    this.#flatten(text)
    const confined = this.#edits.apply(text)
    return {
      text: confined,
      original: text,
      isRooted: this.#isRooted,
      cuts: this.#cuts,
      isEmpty: hadMedia.before > 0 && hadMedia.after === 0,
      encryption: this.#clear || this.#systems.size === 0 ? null : [...this.#systems].slice(0, MAX_SYSTEMS).join(', '),
    }
  }

  /** Takes out where readers of XML differ: comments and instructions that another reader could take for elements. */
  #flatten(text: string): void {
    const hidden = /<!--([\s\S]*?)-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?([\s\S]*?)\?>/g
    for (const found of text.matchAll(hidden)) {
      const [whole, comment, data, instruction] = found
      const end = found.index + whole.length
      const isDeclaration =
        instruction !== undefined &&
        found.index < DECLARED_BY &&
        /^xml\s[^<>]*$/.test(instruction) &&
        !/\S/.test(text.slice(0, found.index).replace('\ufeff', ''))
      if (data !== undefined) this.#edits.replaceRange(found.index, end, escapeXmlText(data))
      else if (comment === undefined ? !isDeclaration : /[<>]/.test(comment))
        this.#edits.replaceRange(found.index, end, '')
    }
  }

  /** Judges one element and what is inside of it. @param isClean it is part of an element without addresses */
  #visit(element: SourceElement, parent: SourceElement | null, isClean: boolean): void {
    const { name } = element
    const linked = element.attributes.find((attribute) => localName(attribute) === 'href')
    if (isResolvedToZero(element)) return void this.#removeQuietly(element)
    if (linked !== undefined) return void this.#remove(element, `${name}@${linked.name}`, linked.value)
    if (REMOTE_ELEMENTS.has(name)) return void this.#removeRemote(element)
    if (name === 'UTCTiming' && this.#asksClock(element)) return void this.#removeQuietly(element)
    if (name === 'BaseURL') {
      if (parent === null || !LEVELS.has(parent.name)) this.#removeQuietly(element)
      else for (const attribute of element.attributes) this.#visitAttribute(element, attribute)
      return
    }
    const isEvents = name === 'EventStream' || name === 'InbandEventStream'
    const isWatched = !isClean && (isEvents || !PLAIN_ELEMENTS.has(name))
    const address = isWatched ? this.#firstAddress(element) : null
    const scheme = isEvents ? (sourceAttribute(element, 'schemeIdUri') ?? '') : ''
    if (address !== null || CALLING_EVENTS.test(scheme))
      return void this.#remove(element, element.qualifiedName, address ?? scheme)
    for (const attribute of element.attributes) this.#visitAttribute(element, attribute)
    if (name === 'ContentProtection') {
      // Licence servers and keys: the media itself has what a decryption module needs.
      if (element.children.length > 0) {
        const licence = this.#firstAddress(element)
        if (licence !== null) this.#tell(element, name, licence)
        this.#edits.empty(element)
      }
      return
    }
    for (const child of element.children) this.#visit(child, element, isClean || isWatched)
  }

  #visitAttribute(element: SourceElement, attribute: SourceAttribute): void {
    const name = localName(attribute)
    if (attribute.name === 'xmlns' || attribute.name.startsWith('xmlns:') || IDENTIFIER_ATTRIBUTES.has(name)) return
    if (REFERENCE_ATTRIBUTES.has(name)) {
      const verdict = this.#judge(attribute.value)
      if (verdict.kind === 'inside') {
        if (verdict.text !== null) this.#edits.setValue(attribute, verdict.text)
        return
      }
    } else if (REMOTE_ATTRIBUTES.has(name)) {
      if (name === 'base') {
        this.#edits.removeAttribute(element, attribute.name)
        return
      }
      if (judgeReference(attribute.value, this.#scope).kind === 'inside') return
    } else if (name === 'value' && !PROPERTIES.has(element.name)) {
      if (DESCRIPTORS.has(element.name) || element.name === 'UTCTiming') return
    } else if (!holdsAddress(attribute.value)) return
    this.#tell(element, `${element.name}@${name}`, attribute.value)
    this.#edits.removeAttribute(element, attribute.name)
  }

  /** Base addresses, and representations that do not fit below them. @returns numbers of representations */
  #structure(root: SourceElement): { readonly before: number; readonly after: number } {
    let before = 0
    let after = 0
    const { name } = this.#scope
    const depth = this.#bases(root, name.split('/').length - 1)
    for (const period of sourceChildren(root, 'Period')) {
      const periodDepth = this.#bases(period, depth)
      let left = 0
      let had = 0
      for (const set of sourceChildren(period, 'AdaptationSet')) {
        const kept = this.#keptOf(period, set, this.#bases(set, periodDepth))
        const all = sourceChildren(set, 'Representation').length
        had += all
        left += this.#removed.has(set) ? 0 : kept
        if (all > 0 && kept === 0) this.#removeQuietly(set)
      }
      before += had
      after += this.#removed.has(period) ? 0 : left
      if (left === 0 && had > 0) this.#removeQuietly(period)
    }
    return { before, after }
  }

  #keptOf(period: SourceElement, set: SourceElement, setDepth: number): number {
    let kept = 0
    for (const representation of sourceChildren(set, 'Representation')) {
      const depth = this.#bases(representation, setDepth)
      if (this.#removed.has(representation)) continue
      const misfit = this.#misfit([period, set, representation], representation, depth)
      if (misfit === null) {
        kept++
        this.#noteProtection(set, representation)
      } else {
        if (misfit !== '') this.#tell(representation, 'Representation', misfit)
        this.#removeQuietly(representation)
      }
    }
    return kept
  }

  #noteProtection(set: SourceElement, representation: SourceElement): void {
    const type = sourceAttribute(set, 'contentType') ?? ''
    const mimeType = sourceAttribute(representation, 'mimeType') ?? sourceAttribute(set, 'mimeType') ?? ''
    if (/^(?:text|image)/.test(type) || /^(?:text|image)\/|ttml/.test(mimeType)) return
    const own = [set, representation].flatMap((level) => sourceChildren(level, 'ContentProtection'))
    if (own.length === 0) this.#clear = true
    for (const one of own)
      this.#systems.add(protectionName(sourceAttribute(one, 'schemeIdUri') ?? '', sourceAttribute(one, 'value') ?? ''))
  }

  /** The first reference of a representation that leads outside; empty where it has been reported already. */
  #misfit(levels: readonly SourceElement[], representation: SourceElement, depth: number): string | null {
    for (const level of levels)
      for (const kind of SEGMENT_ELEMENTS)
        for (const element of sourceChildren(level, kind)) {
          if (this.#removed.has(element)) return ''
          const { outside, up, templates } = this.#referencesOf(element)
          if (outside) return ''
          if (up > depth) return `${'../'.repeat(up)}…`
          for (const template of templates) {
            const expanded = expand(template, representation)
            const verdict = judgeExpanded(template, expanded, this.#scope)
            if (verdict.kind === 'outside' || (!verdict.rooted && verdict.up > depth)) return expanded
          }
        }
    return null
  }

  #referencesOf(element: SourceElement): SegmentReferences {
    const known = this.#segments.get(element)
    if (known !== undefined) return known
    const templates: string[] = []
    let outside = false
    let up = 0
    const take = (one: SourceElement): void => {
      for (const attribute of one.attributes) {
        if (!REFERENCE_ATTRIBUTES.has(localName(attribute))) continue
        const verdict = judgeReference(attribute.value, this.#scope)
        if (verdict.kind === 'outside') outside = true
        else if (attribute.value.includes('$')) templates.push(attribute.value)
        else if (!verdict.rooted) up = Math.max(up, verdict.up)
      }
      for (const child of one.children) {
        if (this.#removed.has(child)) outside = true
        else take(child)
      }
    }
    take(element)
    const found = { outside, up, templates }
    this.#segments.set(element, found)
    return found
  }

  /** Confines the BaseURLs of one level. @returns the least depth of a base below the service */
  #bases(level: SourceElement, depth: number): number {
    const depths: number[] = []
    for (const element of sourceChildren(level, 'BaseURL')) {
      if (this.#removed.has(element)) continue
      const reference = sourceText(this.#document, element)
      const verdict: ReferenceVerdict = element.children.length > 0 ? { kind: 'outside' } : this.#judge(reference)
      const from = verdict.kind === 'inside' && verdict.rooted ? 0 : depth
      if (verdict.kind === 'outside' || verdict.up > from) this.#remove(element, 'BaseURL', reference)
      else {
        if (verdict.text !== null)
          this.#edits.replaceRange(element.openEnd, element.closeStart, escapeXmlText(verdict.text))
        depths.push(from - verdict.up + verdict.down)
      }
    }
    return depths.length === 0 ? depth : Math.min(...depths)
  }

  #judge(reference: string): ReferenceVerdict {
    const verdict = judgeReference(reference, this.#scope)
    if (verdict.kind === 'inside' && verdict.rooted) this.#isRooted = true
    return verdict
  }

  #removeRemote(element: SourceElement): void {
    const { name } = element
    const address = this.#firstAddress(element)
    // A manifest of the same service is followed by the gateway itself.
    const isLocation = name === 'Location' || name === 'PatchLocation'
    const isOwn = isLocation && judgeReference(sourceText(this.#document, element), this.#scope).kind === 'inside'
    if (isOwn || address === null) this.#removeQuietly(element)
    else this.#remove(element, name, isLocation ? sourceText(this.#document, element) : address)
  }

  #asksClock(element: SourceElement): boolean {
    const value = sourceAttribute(element, 'value') ?? ''
    if (value === this.#clockUrl) return false
    return !/^urn:mpeg:dash:utc:direct:/.test(sourceAttribute(element, 'schemeIdUri') ?? '')
  }

  /** The first address in an element's attributes, text and children; null without one. */
  #firstAddress(element: SourceElement): string | null {
    for (const attribute of element.attributes) {
      if (attribute.name.startsWith('xmlns') || IDENTIFIER_ATTRIBUTES.has(localName(attribute))) continue
      if (holdsAddress(attribute.value)) return attribute.value
    }
    if (element.children.length === 0) {
      const own = sourceText(this.#document, element)
      return holdsAddress(own) ? own : null
    }
    let at = element.openEnd
    for (const child of element.children) {
      const address = this.#addressBetween(at, child.start) ?? this.#firstAddress(child)
      if (address !== null) return address
      at = child.end
    }
    return this.#addressBetween(at, element.closeStart)
  }

  #addressBetween(start: number, end: number): string | null {
    const text = this.#document.text.slice(start, end)
    return holdsAddress(text) ? text : null
  }

  #remove(element: SourceElement, place: string, reference: string): void {
    this.#tell(element, place, reference)
    this.#removeQuietly(element)
  }

  #removeQuietly(element: SourceElement): void {
    this.#removed.add(element)
    this.#edits.replaceElement(element, '')
  }

  #tell(element: SourceElement, place: string, reference: string): void {
    this.#cuts.add(place, this.#lineOf(element.start), reference)
  }

  #lineOf(offset: number): number {
    const { text } = this.#document
    if (this.#lineStarts.length === 0)
      for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) this.#lineStarts.push(at)
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

function localName({ name }: SourceAttribute): string {
  return name.slice(name.indexOf(':') + 1)
}

/** A template as a player makes an address of it (§5.3.9.4.4): what stands in the manifest stands in the address. */
function expand(template: string, representation: SourceElement): string {
  return template.replace(
    /\$(RepresentationID|Bandwidth|Number|Time|SubNumber)(?:%0\d+[diouxX])?\$/g,
    (_, name: string) => {
      if (name === 'RepresentationID') return sourceAttribute(representation, 'id') ?? ''
      if (name === 'Bandwidth') return sourceAttribute(representation, 'bandwidth') ?? ''
      return '1'
    },
  )
}
