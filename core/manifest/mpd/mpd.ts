import type { SourceDocument, SourceElement } from './xml-source.ts'

/**
 * A DASH presentation described by an MPD (ISO/IEC 23009-1), with inheritance and BaseURL resolved. Times are integer µs, ticks
 * are in the representation's own timescale, null means absent.
 */
export type Mpd = {
  readonly type: 'static' | 'dynamic'
  readonly availabilityStartTimeUs: number | null
  readonly availabilityEndTimeUs: number | null
  readonly publishTimeUs: number | null
  readonly minimumUpdatePeriodUs: number | null
  readonly timeShiftBufferDepthUs: number | null
  readonly suggestedPresentationDelayUs: number | null
  readonly mediaPresentationDurationUs: number | null
  readonly maxSegmentDurationUs: number | null
  readonly locations: readonly string[]
  readonly utcTimings: readonly { readonly scheme: string; readonly value: string }[]
  readonly periods: readonly MpdPeriod[]
  /** The text with the positions of its elements, for exact rewriting. */
  readonly document: SourceDocument
}

/** Period with inherited values resolved. */
export type MpdPeriod = {
  readonly id: string | null
  /** Start on the presentation's time line; null for an early-available period (§5.3.2.1). */
  readonly startUs: number | null
  /** Until the next period or the end of the presentation; null while open. */
  readonly durationUs: number | null
  readonly adaptationSets: readonly MpdAdaptationSet[]
  readonly element: SourceElement
}

/** AdaptationSet with inherited values resolved. */
export type MpdAdaptationSet = {
  readonly id: string | null
  /** `video`, `audio`, `text` …, as written or from the MIME type. */
  readonly contentType: string | null
  readonly mimeType: string | null
  readonly lang: string | null
  readonly representations: readonly MpdRepresentation[]
  readonly element: SourceElement
}

/** Representation with inherited values resolved. */
export type MpdRepresentation = {
  readonly id: string
  /** bit/s */
  readonly bandwidth: number | null
  readonly mimeType: string | null
  readonly codecs: string | null
  readonly contentType: string | null
  readonly width: number | null
  readonly height: number | null
  readonly lang: string | null
  /** The first BaseURL of each level, resolved against the manifest: `''`, `video/` or an absolute URL. */
  readonly baseUrl: string
  readonly addressing: SegmentAddressing
  /** How much earlier than its end a segment may be requested, µs; Infinity for `INF` (§5.3.9.5.1). */
  readonly availabilityTimeOffsetUs: number
  /** False in low latency: at that earlier time the segment is still incomplete. */
  readonly availabilityTimeComplete: boolean
  readonly element: SourceElement
  /** Segment elements this one inherits from: Period, AdaptationSet, Representation, nearest last. */
  readonly segmentElements: readonly SourceElement[]
}

/** How segments are found (§5.3.9). `single` has no segment element: the BaseURL is the file. */
export type SegmentAddressing = TemplateAddressing | ListAddressing | BaseAddressing | { readonly kind: 'single' }

/** Numbers and times of segments. Ticks of `timescale`. */
export type SegmentClock = {
  readonly timescale: number
  readonly startNumber: number
  /** Last number, inclusive; null where the MPD has none. */
  readonly endNumber: number | null
  readonly presentationTimeOffset: number
  /** Constant duration in ticks; null with a timeline. */
  readonly duration: number | null
  readonly timeline: readonly TimelineEntry[] | null
}

/** SegmentTemplate. */
export type TemplateAddressing = SegmentClock & {
  readonly kind: 'template'
  readonly media: string
  readonly initialization: string | null
}

/** SegmentList. */
export type ListAddressing = SegmentClock & {
  readonly kind: 'list'
  readonly initialization: UrlRange | null
  readonly urls: readonly UrlRange[]
}

/** SegmentBase: one file with segments in its index. */
export type BaseAddressing = {
  readonly kind: 'base'
  readonly initialization: UrlRange | null
  readonly indexRange: InclusiveRange | null
  readonly timescale: number
  readonly presentationTimeOffset: number
}

/** A file (empty URL: the BaseURL itself) and a byte range in it. */
export type UrlRange = { readonly url: string; readonly range: InclusiveRange | null }

/** `first-last`, both inclusive, as in MPD and HTTP. */
export type InclusiveRange = readonly [number, number]

/**
 * `S` of a SegmentTimeline (§5.3.9.6); a null `time` continues the previous entry, `repeat` -1 extends to the next or the end.
 */
export type TimelineEntry = {
  readonly time: number | null
  readonly number: number | null
  readonly duration: number
  readonly repeat: number
}
