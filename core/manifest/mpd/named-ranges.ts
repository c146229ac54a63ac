import { CodecError } from '../../bytes/codec-error.ts'
import type { Mpd, MpdRepresentation } from './mpd.ts'
import { TextEdits } from './text-edits.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/**
 * The text of an MPD whose lists name files in place of byte ranges: each range of a SegmentList gets a name of its own, beside
 * its file, and so does an initialisation that is a range. All other text is kept; where no list has ranges, the whole.
 * @throws CodecError mpd-base, where representations of several files share one list without names, or a range has no file
 */
export function namedRanges({ document, periods }: Mpd): string {
  const edits = new TextEdits()
  const written = new Map<SourceElement, string>()
  for (const { adaptationSets } of periods)
    for (const { representations } of adaptationSets)
      for (const representation of representations)
        if (isListOfRanges(representation)) nameRanges(representation, edits, written)
  return written.size === 0 ? document.text : edits.apply(document.text)
}

/** Whether a representation is a list of byte ranges of files, or its initialisation one. */
function isListOfRanges({ addressing }: MpdRepresentation): boolean {
  if (addressing.kind !== 'list') return false
  return addressing.initialization?.range != null || addressing.urls.some(({ range }) => range !== null)
}

function nameRanges({ baseUrl, segmentElements }: MpdRepresentation, edits: TextEdits, written: Named): void {
  const file = baseUrl.slice(baseUrl.lastIndexOf('/') + 1)
  const name = (element: SourceElement, url: string, range: string): void => {
    const text = sourceAttribute(element, range)
    if (text === null) return
    const named = nameOfRange(element, sourceAttribute(element, url) ?? file, text)
    const before = written.get(element)
    if (before === named) return
    if (before !== undefined)
      throw new CodecError('mpd-base', element.start, 'a list of byte ranges is that of several files')
    written.set(element, named)
    edits.setAttribute(element, url, named)
    for (const each of [range, 'indexRange']) edits.removeAttribute(element, each)
  }
  for (const list of segmentElements) {
    for (const element of sourceChildren(list, 'Initialization')) name(element, 'sourceURL', 'range')
    for (const element of sourceChildren(list, 'SegmentURL')) name(element, 'media', 'mediaRange')
  }
}

/** Names of elements that name ranges. */
type Named = Map<SourceElement, string>

/** `v.mp4` and `100-199` are `v-100-199.mp4`. */
function nameOfRange(element: SourceElement, file: string, range: string): string {
  const [path = ''] = file.split(/[?#]/, 1)
  const slash = path.lastIndexOf('/') + 1
  if (slash === path.length) throw new CodecError('mpd-base', element.start, 'a byte range has no file')
  const dot = path.lastIndexOf('.')
  const end = dot > slash ? dot : path.length
  return `${path.slice(0, end)}-${range.trim()}${path.slice(end)}`
}
