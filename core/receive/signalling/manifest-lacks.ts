import { CodecError } from '../../bytes/codec-error.ts'
import { attr, childrenOf, type XmlElement } from '../../xml/xml-element.ts'

/** Code of a manifest that is well-formed, and of which no player can play anything. */
export const LACKS = 'manifest-lacks'

/** The fault of a manifest that lacks something. */
export function lackFault(lack: string): CodecError {
  return new CodecError(LACKS, 0, lack)
}

/**
 * What an MPD lacks that every player needs (ISO 23009-1 §5.3), said after its name; null where one Representation at least has it.
 * Parts that lie elsewhere may have what is not here.
 */
export function mpdLack(root: XmlElement): string | null {
  const periods = childrenOf(root, 'Period')
  const sets = periods.flatMap((period) => childrenOf(period, 'AdaptationSet').map((set) => ({ period, set })))
  if (periods.some(isElsewhere) || sets.some(({ set }) => isElsewhere(set))) return null
  if (periods.length === 0) return 'has no Period'
  if (sets.length === 0) return 'has no AdaptationSet'
  const all = sets.flatMap(({ period, set }) =>
    childrenOf(set, 'Representation').map((representation) => [root, period, set, representation] as const),
  )
  if (all.length === 0) return 'has no Representation'
  let first: string | null = null
  for (const levels of all) {
    const lack = representationLack(levels, attr(root, 'type') !== 'dynamic')
    if (lack === null) return null
    const [, , , representation] = levels
    first ??= `Representation ${attr(representation, 'id') ?? '1'} ${lack}`
  }
  return `has nothing to play: ${first}`
}

/** An xlink: it is to be fetched from there. */
const isElsewhere = (element: XmlElement): boolean => attr(element, 'href') !== null

/** @param levels from the MPD to the Representation @param all that it will list, it lists now */
function representationLack(levels: readonly XmlElement[], all: boolean): string | null {
  const inner = levels.slice(1)
  const nearest = (name: string): string | null =>
    inner.reduce<string | null>((found, level) => attr(level, name) ?? found, null)
  if (nearest('mimeType') === null && nearest('contentType') === null) return 'has no mimeType'
  const parts = (name: string): XmlElement[] => inner.flatMap((level) => childrenOf(level, name))
  if (attr(levels.at(-1) as XmlElement, 'id') === null) return 'has no id'
  const templates = parts('SegmentTemplate')
  if (templates.length === 0) {
    const lists = parts('SegmentList')
    if (lists.length > 0)
      return lists.some((list) => childrenOf(list, 'SegmentURL').length > 0)
        ? null
        : 'has a SegmentList of no SegmentURL'
    const named = parts('SegmentBase').length > 0 || levels.some((level) => childrenOf(level, 'BaseURL').length > 0)
    return named ? null : 'names no segments, by SegmentTemplate, SegmentList, SegmentBase or BaseURL'
  }
  const has = (name: string): boolean => templates.some((template) => attr(template, name) !== null)
  if (!has('media')) return 'has a SegmentTemplate without media'
  const timelines = templates.flatMap((template) => childrenOf(template, 'SegmentTimeline'))
  if (all && timelines.length > 0 && timelines.every((timeline) => childrenOf(timeline, 'S').length === 0))
    return 'has a SegmentTimeline of no segments'
  if (has('duration') || timelines.length > 0) return null
  const media = templates.map((template) => attr(template, 'media') ?? '').join(' ')
  return /\$(?:Number|Time)/.test(media) ? 'has a SegmentTemplate without duration and SegmentTimeline' : null
}

/** What a playlist lacks that every player needs (RFC 8216 §4.3), said after its name; a live one may list nothing so far. */
export function playlistLack(text: string): string | null {
  if (/^#EXT(?:INF:|-X-(?:STREAM-INF|MEDIA|PART|PRELOAD-HINT):)/m.test(text)) return null
  const isLive = /^#EXT-X-TARGETDURATION:/m.test(text) && !/^#EXT-X-ENDLIST/m.test(text)
  return isLive ? null : 'lists neither segments nor variants'
}
