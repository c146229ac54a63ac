import type { MpdRepresentation } from './mpd.ts'
import type { MpdSegment } from './segments.ts'
import { isUnbroken } from './stored-segments.ts'
import { expandTemplate, templateAddress } from './template.ts'
import type { TextEdits } from './text-edits.ts'
import { escapeXmlText, type SourceElement } from './xml-source.ts'

/**
 * Makes a representation list exactly these segments, under the names they were sent with, as a SegmentTimeline. A run of
 * numbers with a hole cannot be said with a template (players count entries), so it becomes a SegmentList.
 * @param originTicks media time at which the period starts
 * @param removed elements inherited from that are already taken out, added to
 */
export function writeSegments(
  edits: TextEdits,
  representation: MpdRepresentation,
  segments: readonly MpdSegment[],
  originTicks: number,
  removed: Set<SourceElement>,
): void {
  for (const element of representation.segmentElements) {
    if (removed.has(element)) continue
    removed.add(element)
    edits.replaceElement(element, '')
  }
  edits.insertLast(representation.element, segmentXml(representation, segments, originTicks))
}

function segmentXml(representation: MpdRepresentation, segments: readonly MpdSegment[], originTicks: number): string {
  const { addressing, id: representationId, bandwidth } = representation
  const { qualifiedName } = representation.element
  const prefix = qualifiedName.slice(0, qualifiedName.indexOf(':') + 1)
  const first = segments[0]
  if (first === undefined || (addressing.kind !== 'template' && addressing.kind !== 'list')) return ''
  const { timescale } = addressing
  const common = `timescale="${timescale}" presentationTimeOffset="${originTicks}" startNumber="${first.number}"`
  if (addressing.kind === 'template') {
    const init = addressing.initialization
    const byTime = templateAddress(addressing.media) === 'time'
    if (byTime || isUnbroken(representation, segments)) {
      const initialization = init === null ? '' : ` initialization="${escapeXmlText(init)}"`
      const template = `${prefix}SegmentTemplate`
      return `<${template} media="${escapeXmlText(addressing.media)}"${initialization} ${common}>${timeline(prefix, segments, true)}</${template}>`
    }
    const url = init === null ? null : expandTemplate(init, { representationId, bandwidth })
    const initialization = url === null ? '' : `<${prefix}Initialization sourceURL="${escapeXmlText(url)}"/>`
    const urls = segments.map(({ number, time }) => {
      const media = expandTemplate(addressing.media, { representationId, bandwidth, number, time })
      return `<${prefix}SegmentURL media="${escapeXmlText(media)}"/>`
    })
    return list(prefix, common, initialization, segments, urls.join(''))
  }
  const own = addressing.initialization
  const initialization = own === null ? '' : `<${prefix}Initialization${urlRange('sourceURL', own)}/>`
  const urls = segments.map((segment) => {
    const url = addressing.urls[segment.number - addressing.startNumber]
    return url === undefined ? '' : `<${prefix}SegmentURL${urlRange('media', url)}/>`
  })
  return list(prefix, common, initialization, segments, urls.join(''))
}

function list(prefix: string, common: string, init: string, segments: readonly MpdSegment[], urls: string): string {
  return `<${prefix}SegmentList ${common}>${init}${timeline(prefix, segments, false)}${urls}</${prefix}SegmentList>`
}

function urlRange(name: string, part: { url: string; range: readonly [number, number] | null }): string {
  const url = part.url === '' ? '' : ` ${name}="${escapeXmlText(part.url)}"`
  const rangeName = name === 'media' ? 'mediaRange' : 'range'
  return part.range === null ? url : `${url} ${rangeName}="${part.range[0]}-${part.range[1]}"`
}

/** @param repeats false writes one entry for each segment, as players expect beside SegmentURLs */
function timeline(prefix: string, segments: readonly MpdSegment[], repeats: boolean): string {
  const entries: { time: number | null; duration: number; repeat: number }[] = []
  let end: number | null = null
  for (const { time, duration } of segments) {
    const last = entries.at(-1)
    if (repeats && last !== undefined && time === end && last.duration === duration) last.repeat++
    else entries.push({ time: time === end ? null : time, duration, repeat: 0 })
    end = time + duration
  }
  const lines = entries.map(({ time, duration, repeat }) => {
    const at = time === null ? '' : ` t="${time}"`
    return `<${prefix}S${at} d="${duration}"${repeat === 0 ? '' : ` r="${repeat}"`}/>`
  })
  return `<${prefix}SegmentTimeline>${lines.join('')}</${prefix}SegmentTimeline>`
}
