import type { MpdRepresentation } from './mpd.ts'
import type { MpdSegment } from './segments.ts'
import { isUnbroken } from './stored-segments.ts'
import { expandTemplate } from './template.ts'
import type { TextEdits } from './text-edits.ts'
import { escapeXmlText, type SourceElement } from './xml-source.ts'

/** Attributes of segment elements that are rewritten, or have no meaning once everything is stored. */
const OWN_ATTRIBUTES = new Set([
  'media',
  'initialization',
  'timescale',
  'presentationTimeOffset',
  'presentationDuration',
  'startNumber',
  'endNumber',
  'duration',
  'availabilityTimeOffset',
  'availabilityTimeComplete',
  'timeShiftBufferDepth',
])

/**
 * Makes a representation list exactly these segments, under their sent names, as a SegmentTimeline. A template cannot express a
 * hole in a run of numbers (players count entries), so that becomes a SegmentList.
 * @param originTicks media time of the period's start
 * @param removed inherited-from elements already removed; added to
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
  const { qualifiedName, name } = representation.element
  const prefix = qualifiedName.slice(0, -name.length)
  const first = segments[0]
  if (first === undefined || (addressing.kind !== 'template' && addressing.kind !== 'list')) return ''
  const common =
    `timescale="${addressing.timescale}" presentationTimeOffset="${originTicks}" startNumber="${first.number}"` +
    otherAttributes(representation)
  if (addressing.kind === 'list') {
    const own = addressing.initialization
    const initialization = own === null ? '' : `<${prefix}Initialization${urlRange('sourceURL', 'range', own)}/>`
    const urls = segments.map((segment) => {
      const url = addressing.urls[segment.number - addressing.startNumber]
      return `<${prefix}SegmentURL${url === undefined ? '' : urlRange('media', 'mediaRange', url)}/>`
    })
    return list(prefix, common, initialization, segments, urls)
  }
  const init = addressing.initialization
  if (isUnbroken(representation, segments)) {
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
  return list(prefix, common, initialization, segments, urls)
}

function otherAttributes(representation: MpdRepresentation): string {
  const others = new Map<string, string>()
  for (const element of representation.segmentElements)
    for (const { name, value } of element.attributes) if (!OWN_ATTRIBUTES.has(name)) others.set(name, value)
  return [...others].map(([name, value]) => ` ${name}="${escapeXmlText(value)}"`).join('')
}

function list(
  prefix: string,
  common: string,
  initialization: string,
  segments: readonly MpdSegment[],
  urls: readonly string[],
): string {
  return `<${prefix}SegmentList ${common}>${initialization}${timeline(prefix, segments, false)}${urls.join('')}</${prefix}SegmentList>`
}

function urlRange(
  name: string,
  rangeName: string,
  part: { url: string; range: readonly [number, number] | null },
): string {
  const url = part.url === '' ? '' : ` ${name}="${escapeXmlText(part.url)}"`
  return part.range === null ? url : `${url} ${rangeName}="${part.range[0]}-${part.range[1]}"`
}

/**
 * Extends a segment before a hole up to the next one, so that the timeline has no hole: dash.js 5 takes a hole in a static
 * timeline for the end, but skips missing media.
 * @param repeats false writes one entry per segment: next to SegmentURLs, dash.js counts entries without repeats
 */
function timeline(prefix: string, segments: readonly MpdSegment[], repeats: boolean): string {
  const entries: { time: number | null; duration: number; repeat: number }[] = []
  let end: number | null = null
  segments.forEach(({ time, duration: own }, index) => {
    const duration = Math.max(own, (segments[index + 1]?.time ?? 0) - time)
    const last = entries.at(-1)
    if (repeats && last !== undefined && time === end && last.duration === duration) last.repeat++
    else entries.push({ time: time === end ? null : time, duration, repeat: 0 })
    end = time + duration
  })
  const lines = entries.map(({ time, duration, repeat }) => {
    const at = time === null ? '' : ` t="${time}"`
    return `<${prefix}S${at} d="${duration}"${repeat === 0 ? '' : ` r="${repeat}"`}/>`
  })
  return `<${prefix}SegmentTimeline>${lines.join('')}</${prefix}SegmentTimeline>`
}
