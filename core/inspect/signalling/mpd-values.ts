import type { JsonObject, JsonValue } from '../../contract/report.ts'
import { attr, child, childrenOf, type XmlElement } from '../../xml/xml-element.ts'

/** Bound on listed Representations; more are counted. */
const MAX_LISTED = 2000

const MPD_ATTRIBUTES = [
  'profiles',
  'availabilityStartTime',
  'availabilityEndTime',
  'publishTime',
  'mediaPresentationDuration',
  'minimumUpdatePeriod',
  'minBufferTime',
  'timeShiftBufferDepth',
  'suggestedPresentationDelay',
  'maxSegmentDuration',
] as const

const SET_ATTRIBUTES = ['id', 'contentType', 'mimeType', 'codecs', 'lang', 'frameRate', 'par'] as const
const REPRESENTATION_ATTRIBUTES = [
  'id',
  'mimeType',
  'codecs',
  'bandwidth',
  'width',
  'height',
  'frameRate',
  'audioSamplingRate',
] as const

/** An MPD without its segments: dates and durations as written (ISO/IEC 23009-1 §5.3). */
export function mpdValues(root: XmlElement): JsonObject {
  let left = MAX_LISTED
  const codecs = new Set<string>()
  let representations = 0
  const periods = childrenOf(root, 'Period').map((period) => ({
    id: attr(period, 'id'),
    start: attr(period, 'start'),
    duration: attr(period, 'duration'),
    adaptationSets: childrenOf(period, 'AdaptationSet').map((set) => {
      const each = childrenOf(set, 'Representation')
      representations += each.length
      for (const one of [set, ...each]) {
        for (const codec of (attr(one, 'codecs') ?? '').split(',')) if (codec.trim() !== '') codecs.add(codec.trim())
      }
      const inherited = lazy(() => addressing(set) ?? addressing(period))
      const listed = each.slice(0, left)
      left -= listed.length
      return {
        ...attributes(set, SET_ATTRIBUTES),
        roles: childrenOf(set, 'Role').map((role) => attr(role, 'value')),
        protection: schemes(set, 'ContentProtection'),
        accessibility: schemes(set, 'Accessibility'),
        representations: listed.map((one) => ({
          ...attributes(one, REPRESENTATION_ATTRIBUTES),
          segments: addressing(one) ?? inherited(),
        })),
      }
    }),
  }))
  return {
    type: attr(root, 'type') ?? 'static',
    ...attributes(root, MPD_ATTRIBUTES),
    locations: childrenOf(root, 'Location').map((location) => location.text),
    baseUrls: childrenOf(root, 'BaseURL').map((base) => base.text),
    utcTimings: childrenOf(root, 'UTCTiming').map((timing) => ({
      scheme: attr(timing, 'schemeIdUri'),
      value: attr(timing, 'value'),
    })),
    representationCount: representations,
    codecs: [...codecs].slice(0, MAX_LISTED),
    periods,
  }
}

/** Computes a value when it is first asked for. */
function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Addressing of segments, and name of the init segment, where this element has them. */
function addressing(element: XmlElement): JsonObject | null {
  for (const kind of ['SegmentTemplate', 'SegmentList', 'SegmentBase'] as const) {
    const found = child(element, kind)
    if (found === null) continue
    const timeline = child(found, 'SegmentTimeline')
    return {
      kind,
      ...attributes(found, [
        'media',
        'initialization',
        'timescale',
        'duration',
        'startNumber',
        'availabilityTimeOffset',
      ]),
      timelineEntries: timeline === null ? null : childrenOf(timeline, 'S').length,
    }
  }
  return null
}

function attributes(element: XmlElement, names: readonly string[]): Record<string, JsonValue> {
  const out: Record<string, JsonValue> = {}
  for (const name of names) {
    const value = attr(element, name)
    if (value !== null) out[name] = NUMBERS.has(name) && /^\d{1,15}$/.test(value) ? Number(value) : value
  }
  return out
}

const NUMBERS = new Set(['bandwidth', 'width', 'height', 'timescale', 'duration', 'startNumber', 'audioSamplingRate'])

function schemes(element: XmlElement, name: string): JsonValue {
  return childrenOf(element, name).map((each) => ({ scheme: attr(each, 'schemeIdUri'), value: attr(each, 'value') }))
}
