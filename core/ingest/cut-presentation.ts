import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { BaseAddressing, Mpd, MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { TextEdits } from '../manifest/mpd/text-edits.ts'
import { escapeXmlText, type SourceElement } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'
import { type Box, readBoxes } from '../media/bmff/boxes.ts'
import { segmentIndexOf } from '../media/bmff/segment-index.ts'
import type { ByteSpan } from './growing-origin.ts'
import type { FileReader, Located, Origin } from './origin.ts'
import { PresentationBytes } from './presentation-bytes.ts'

/** Largest index, and where one is looked for that the MPD does not place, bytes. */
const MAX_INDEX_BYTES = 8 << 20
const HEAD_BYTES = 256 << 10
/** Indices below indices, and segments of one file. */
const MAX_DEPTH = 4
const MAX_SEGMENTS = 65_536

/** A part of a file, which is sent as a file of its own. */
type FilePart = { readonly file: string; readonly span: ByteSpan }

/** A segment of a file by its index. Ticks of `timescale`. */
type CutSegment = { readonly span: ByteSpan; readonly time: number; readonly duration: number }

/**
 * Makes a file per segment of those that an MPD names by byte ranges (SegmentBase): by their indices, and with a template in the
 * MPD for each.
 * @throws AppFailure input-unusable, for a file without a usable index; others as Origin.part
 */
export async function cutPresentation(
  origin: Origin,
  mpd: Mpd,
): Promise<{ readonly origin: Origin; readonly mpd: Mpd; readonly bytes: Uint8Array }> {
  const edits = new TextEdits()
  const removed = new Set<SourceElement>()
  const parts = new Map<string, FilePart>()
  for (const representation of mpd.periods.flatMap(({ adaptationSets }) =>
    adaptationSets.flatMap((set) => set.representations),
  )) {
    const { addressing } = representation
    if (addressing.kind !== 'base' && addressing.kind !== 'single') continue
    const cut = await cutRepresentation(origin, representation, addressing.kind === 'base' ? addressing : null, parts)
    if (cut === null) continue
    for (const element of representation.segmentElements) {
      if (!removed.has(element)) edits.replaceElement(element, '')
      removed.add(element)
    }
    edits.insertLast(representation.element, cut)
  }
  const bytes = new TextEncoder().encode(edits.apply(mpd.document.text))
  const base = origin.address.split(/[?#]/, 1)[0]
  return { origin: new CutOrigin(origin, parts), mpd: parseMpd(bytes, base, new EntryFaults(true)), bytes }
}

/** @param parts takes those of the file @returns the SegmentTemplate of their names; null for a file that nobody says has an index */
async function cutRepresentation(
  origin: Origin,
  { baseUrl, element, id }: MpdRepresentation,
  addressing: BaseAddressing | null,
  parts: Map<string, FilePart>,
): Promise<string | null> {
  try {
    const indexRange = addressing?.indexRange ?? null
    const from = indexRange?.[0] ?? 0
    const head = await origin.part(baseUrl, [from, indexRange === null ? HEAD_BYTES : indexRange[1] + 1])
    const box = wholeBoxes(head).find(({ type }) => type === 'sidx')
    if (box === undefined && addressing === null) return null
    if (box === undefined) throw new CodecError('bmff-index', from, 'no index (sidx) is where its segments begin')
    const { timescale, segments } = await new IndexReader(origin, baseUrl).read(head, box, from)
    const [, initEnd] = addressing?.initialization?.range ?? [0, from + box.offset - 1]
    const [init, media] = namesBeside(baseUrl, parts)
    parts.set(resolveReference(baseUrl, init), { file: baseUrl, span: [0, initEnd + 1] })
    for (const [at, { span }] of segments.entries())
      parts.set(resolveReference(baseUrl, media.replace('$Number$', String(at + 1))), { file: baseUrl, span })
    const prefix = element.qualifiedName.slice(0, -element.name.length)
    const offset = Math.round(((addressing?.presentationTimeOffset ?? 0) * timescale) / (addressing?.timescale ?? 1))
    const entries = segments.map(({ time, duration }) => `<${prefix}S t="${time}" d="${duration}"/>`)
    return `<${prefix}SegmentTemplate timescale="${timescale}" presentationTimeOffset="${offset}" startNumber="1" initialization="${escapeXmlText(init)}" media="${escapeXmlText(media)}"><${prefix}SegmentTimeline>${entries.join('')}</${prefix}SegmentTimeline></${prefix}SegmentTemplate>`
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    throw new AppFailure(
      'input-unusable',
      `The file of "${shownText(id)}" cannot be cut: ${thrown.message}.`,
      'Send it whole, without --cut.',
      thrown.code,
    )
  }
}

/** The boxes that are whole in the beginning of a file. */
function wholeBoxes(bytes: Uint8Array): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at < bytes.length; ) {
    let box: Box | undefined
    try {
      ;[box] = readBoxes(bytes, at, Math.min(bytes.length, at + sizeAt(bytes, at)))
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
    }
    if (box === undefined) break
    boxes.push(box)
    at += box.size
  }
  return boxes
}

/** Size field of a box, of which 64-bit sizes are read from the box itself. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(Math.min(at, Math.max(0, bytes.length - 4)))
  return size < 8 ? bytes.length : size
}

/** Reads the indices of one file. */
class IndexReader {
  readonly #origin: Origin
  readonly #file: string
  readonly #segments: CutSegment[] = []

  constructor(origin: Origin, file: string) {
    this.#origin = origin
    this.#file = file
  }

  /** @param at of `bytes` in the file */
  async read(bytes: Uint8Array, box: Box, at: number): Promise<{ timescale: number; segments: CutSegment[] }> {
    const { timescale } = segmentIndexOf(bytes, box)
    await this.#add(bytes, box, at, timescale, 0)
    if (this.#segments.length === 0) throw new CodecError('bmff-index', at, 'its index is empty')
    return { timescale, segments: this.#segments }
  }

  async #add(bytes: Uint8Array, box: Box, at: number, timescale: number, depth: number): Promise<void> {
    const index = segmentIndexOf(bytes, box)
    if (depth > MAX_DEPTH || index.timescale !== timescale)
      throw new CodecError('bmff-index', at, 'its indices are nested too deeply, or have several time scales')
    const anchor = at + box.offset + box.size
    let time = index.earliestTime
    for (const { from, to, duration, isIndex } of index.parts) {
      const span: ByteSpan = [anchor + from, anchor + to]
      if (isIndex) await this.#below(span, timescale, depth)
      else this.#segments.push({ span, time, duration })
      time += duration
      if (this.#segments.length > MAX_SEGMENTS)
        throw new CodecError('bmff-index', at, `its index has more than ${MAX_SEGMENTS} segments`)
    }
  }

  async #below(span: ByteSpan, timescale: number, depth: number): Promise<void> {
    const bytes = await this.#origin.part(this.#file, [span[0], Math.min(span[1], span[0] + MAX_INDEX_BYTES)])
    const box = wholeBoxes(bytes).find(({ type }) => type === 'sidx')
    if (box === undefined) throw new CodecError('bmff-index', span[0], 'an index that its index names is not there')
    await this.#add(bytes, box, span[0], timescale, depth + 1)
  }
}

/** Names of an initialisation and of media beside a file that nothing else has. */
function namesBeside(file: string, parts: ReadonlyMap<string, FilePart>): [string, string] {
  const [path = ''] = file.split(/[?#]/, 1)
  const name = path.slice(path.lastIndexOf('/') + 1).replaceAll('$', '$$$$')
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '.mp4']
  for (let count = 1; ; count++) {
    const own = count === 1 ? stem : `${stem}-${count}`
    const init = `${own}-init${ending}`
    if (!parts.has(resolveReference(file, init))) return [init, `${own}-$Number$${ending}`]
  }
}

/** An origin with files that are parts of its own. */
class CutOrigin implements Origin {
  readonly address: string
  readonly stored: PresentationBytes
  readonly files: FileReader
  readonly #origin: Origin
  readonly #parts: ReadonlyMap<string, FilePart>

  constructor(origin: Origin, parts: ReadonlyMap<string, FilePart>) {
    this.#origin = origin
    this.#parts = parts
    this.address = origin.address
    this.files = {
      read: (path, sizeBytes) => {
        const part = parts.get(path)
        return part === undefined ? origin.files.read(path, sizeBytes) : origin.part(part.file, part.span)
      },
      paths: () => origin.files.paths(),
      close: () => origin.files.close(),
    }
    this.stored = new PresentationBytes(this.files)
  }

  async locate(names: readonly string[]): Promise<Located[]> {
    const own = names.map((name) => this.#parts.get(name))
    const others = await this.#origin.locate(names.filter((_, at) => own[at] === undefined))
    return names.map((name, at) => {
      const span = own[at]?.span
      return span === undefined ? (others.shift() as Located) : { path: name, sizeBytes: span[1] - span[0] }
    })
  }

  async read(name: string, role: string): Promise<Uint8Array> {
    const part = this.#parts.get(name)
    return part === undefined ? this.#origin.read(name, role) : this.#origin.part(part.file, part.span)
  }

  part(name: string, span: ByteSpan): Promise<Uint8Array> {
    return this.#origin.part(name, span)
  }

  filesBeside(name: string): Promise<readonly string[] | null> {
    return this.#origin.filesBeside(name)
  }

  async leftBeside(manifest: string): Promise<readonly string[]> {
    return this.#origin.leftBeside(manifest)
  }

  shown(path: string): string {
    return this.#origin.shown(this.#parts.get(path)?.file ?? path)
  }

  missing(path: string, role: string): AppFailure {
    return this.#origin.missing(path, role)
  }
}
