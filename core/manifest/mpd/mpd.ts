import type { SourceDocument, SourceElement } from './xml-source.ts'

/**
 * A DASH presentation as an MPD describes it (ISO/IEC 23009-1), inheritance and BaseURL resolved. Times are integer µs,
 * ticks are in the representation's own timescale, null means absent.
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
  /** The text and the places of its elements, for exact rewriting. */
  readonly document: SourceDocument
}

/** Period, with what it inherits resolved. */
export type MpdPeriod = {
  readonly id: string | null
  /** Start on the presentation's time line; null for an early-available period (§5.3.2.1). */
  readonly startUs: number | null
  /** Until the next period or the end of the presentation; null while open. */
  readonly durationUs: number | null
  readonly adaptationSets: readonly MpdAdaptationSet[]
  readonly element: SourceElement
}

/** AdaptationSet, with what it inherits resolved. */
export type MpdAdaptationSet = {
  readonly id: string | null
  /** `video`, `audio`, `text` …, as written or taken from the MIME type. */
  readonly contentType: string | null
  readonly mimeType: string | null
  readonly lang: string | null
  readonly representations: readonly MpdRepresentation[]
  readonly element: SourceElement
}

/** Representation, with what it inherits resolved. */
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
  /** How much earlier than its end a segment may be asked for, µs; Infinity for `INF` (§5.3.9.5.1). */
  readonly availabilityTimeOffsetUs: number
  /** False in low latency: at that earlier time the segment has only begun. */
  readonly availabilityTimeComplete: boolean
  readonly element: SourceElement
  /** Segment elements this one inherits from: Period, AdaptationSet, Representation, nearest last. */
  readonly segmentElements: readonly SourceElement[]
}

/** How the segments of a representation are found (§5.3.9). `single` has no segment element: the BaseURL is the file. */
export type SegmentAddressing = TemplateAddressing | ListAddressing | BaseAddressing | { readonly kind: 'single' }

/** Numbers and times of segments. Ticks of `timescale`. */
export type SegmentClock = {
  readonly timescale: number
  readonly startNumber: number
  /** Last number, inclusive, where the MPD says so. */
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

/** SegmentBase: one file, its segments found by its index. */
export type BaseAddressing = {
  readonly kind: 'base'
  readonly initialization: UrlRange | null
  readonly indexRange: InclusiveRange | null
  readonly timescale: number
  readonly presentationTimeOffset: number
}

/** A file (empty URL: the BaseURL itself) and the bytes of it that are meant. */
export type UrlRange = { readonly url: string; readonly range: InclusiveRange | null }

/** `first-last`, both included, as MPD and HTTP write ranges. */
export type InclusiveRange = readonly [number, number]

/** `S` of a SegmentTimeline (§5.3.9.6); `time` null continues the one before, `repeat` -1 runs to the next or the end. */
export type TimelineEntry = {
  readonly time: number | null
  readonly number: number | null
  readonly duration: number
  readonly repeat: number
}
