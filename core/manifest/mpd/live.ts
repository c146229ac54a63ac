import { pointClock, shiftTimes } from './live-clock.ts'
import type { Mpd, MpdPeriod, MpdRepresentation } from './mpd.ts'
import type { MpdSegment } from './segments.ts'
import { segmentsAmong } from './stored-segments.ts'
import { TextEdits } from './text-edits.ts'
import { serialiseXsDateTime, serialiseXsDuration } from './time.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/** What a gateway knows of the media that has arrived, wall times µs. */
export type LiveArrivals = {
  /** Added to every absolute time: 0 live, or now minus capture time of a replay. */
  readonly shiftUs: number
  /** Address of the gateway's clock (xs:dateTime). */
  readonly clockUrl: string
  /**
   * First whole media segments of the service, by name, with the wall time at which each was complete; a few per
   * representation are enough. Names are resolved as the MPD's own are.
   */
  readonly complete: readonly { readonly name: string; readonly completeUs: number }[]
  /** Representation@id of what the service carries, where that is known: others are left out. */
  readonly carried?: ReadonlySet<string>
  /** Segments can be had only once they are whole: what promises them earlier, or a latency that needs it, is left out. */
  readonly wholeOnly?: boolean
}

/** How often a player looks whether the presentation has ended. */
const UPDATE_US = 2_000_000
/** Segments between the newest and what is played, at most: one that arrives, one ready, one in reserve. */
const MOST_DELAY = 3
const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011'

/**
 * The MPD of a presentation that grows, as players need it. A dynamic one is moved in time; a static one becomes dynamic such
 * that the first segment that came is available from the moment it was complete. Clock and addresses for updates are the
 * gateway's; all else is as sent. Null while a static MPD has no whole segment yet. A static MPD of whole files stays as it is.
 * @throws CodecError mpd-too-many-segments, mpd-template, mpd-date-time
 */
export function liveMpd(mpd: Mpd, arrivals: LiveArrivals): string | null {
  const { root, text } = mpd.document
  const edits = new TextEdits()
  if (mpd.type === 'dynamic') {
    const byUs = arrivals.shiftUs + (latenessUs(mpd, arrivals) ?? 0)
    if (byUs !== 0) shiftTimes(edits, root, byUs)
  } else {
    if (!representationsOf(mpd).some(([, representation]) => isSegmented(representation))) return text
    const startUs = startFromArrivals(mpd, arrivals)
    if (startUs === null) return null
    becomeDynamic(edits, mpd, startUs, delaySegments(mpd, arrivals))
  }
  if (arrivals.wholeOnly === true) removePromises(edits, root)
  else if (mpd.type !== 'dynamic') removeEndlessOffsets(edits, root)
  for (const name of ['Location', 'PatchLocation'])
    for (const element of sourceChildren(root, name)) edits.replaceElement(element, '')
  pointClock(edits, root, arrivals.clockUrl)
  if (arrivals.carried !== undefined) removeUncarried(edits, mpd, arrivals.carried)
  return edits.apply(text)
}

/**
 * How much later than a dynamic MPD (shifted by `shiftUs`) says its segments come, µs, negative for earlier; null while that
 * is within a segment's duration, or nothing has come. Otherwise the sender's clock is wrong, or the shift inexact.
 */
export function latenessUs(mpd: Mpd, arrivals: Pick<LiveArrivals, 'shiftUs' | 'complete'>): number | null {
  if (mpd.availabilityStartTimeUs === null) return null
  const startUs = mpd.availabilityStartTimeUs + arrivals.shiftUs
  let least: { lateUs: number; segmentUs: number } | null = null
  for (const { endUs, durationUs, completeUs } of arrived(mpd, arrivals).flat()) {
    const lateUs = completeUs - (startUs + endUs)
    if (least === null || lateUs < least.lateUs) least = { lateUs, segmentUs: durationUs }
  }
  return least === null || Math.abs(least.lateUs) <= least.segmentUs ? null : least.lateUs
}

/** The availabilityStartTime at which no representation's first segment is available before it was complete. */
function startFromArrivals(mpd: Mpd, arrivals: LiveArrivals): number | null {
  const starts = arrived(mpd, arrivals).flatMap((segments) => {
    const first = segments.reduce<Arrived | null>(
      (best, one) => (best === null || one.completeUs < best.completeUs ? one : best),
      null,
    )
    return first === null ? [] : [first.completeUs - first.endUs]
  })
  return starts.length === 0 ? null : Math.max(...starts)
}

/** No more than came: a player must not begin before the first segment, as dash.js gives up where its first is missing. */
function delaySegments(mpd: Mpd, arrivals: LiveArrivals): number {
  const counts = arrived(mpd, arrivals).flatMap(({ length }) => (length === 0 ? [] : [length]))
  return Math.min(MOST_DELAY, ...counts)
}

/** End of a segment on the presentation's time line, and when it was there. */
type Arrived = { readonly endUs: number; readonly durationUs: number; readonly completeUs: number }

/** By representation. */
function arrived(mpd: Mpd, { complete }: Pick<LiveArrivals, 'complete'>): Arrived[][] {
  const times = new Map(complete.map(({ name, completeUs }) => [name, completeUs]))
  return representationsOf(mpd).map(([period, representation]) => {
    const { startUs } = period
    if (startUs === null) return []
    return segmentsAmong(period, representation, times.keys()).flatMap((segment: MpdSegment) => {
      const completeUs = times.get(segment.name)
      const endUs = startUs + segment.startUs + segment.durationUs
      return completeUs === undefined ? [] : [{ endUs, durationUs: segment.durationUs, completeUs }]
    })
  })
}

function becomeDynamic(edits: TextEdits, mpd: Mpd, startUs: number, delay: number): void {
  const { root } = mpd.document
  edits.setAttribute(root, 'type', 'dynamic')
  edits.setAttribute(root, 'availabilityStartTime', serialiseXsDateTime(startUs))
  edits.setAttribute(root, 'publishTime', serialiseXsDateTime(startUs))
  edits.setAttribute(root, 'minimumUpdatePeriod', serialiseXsDuration(UPDATE_US))
  edits.setAttribute(root, 'suggestedPresentationDelay', serialiseXsDuration(delay * longestSegmentUs(mpd)))
  // All that came can be had: no limit to going back. Until when, the sender did not mean for a broadcast.
  for (const name of ['timeShiftBufferDepth', 'availabilityEndTime']) edits.removeAttribute(root, name)
  const profiles = sourceAttribute(root, 'profiles')
  if (profiles?.includes('isoff-on-demand')) edits.setAttribute(root, 'profiles', LIVE_PROFILE)
  for (const period of mpd.periods)
    if (sourceAttribute(period.element, 'start') === null && period.startUs !== null)
      edits.setAttribute(period.element, 'start', serialiseXsDuration(period.startUs))
}

/** `INF` says that all is there from the beginning, which was true of the files and is not of a broadcast. */
function removeEndlessOffsets(edits: TextEdits, element: SourceElement): void {
  if (sourceAttribute(element, 'availabilityTimeOffset')?.trim() === 'INF')
    edits.removeAttribute(element, 'availabilityTimeOffset')
  for (const child of element.children) removeEndlessOffsets(edits, child)
}

function removePromises(edits: TextEdits, element: SourceElement): void {
  for (const name of ['availabilityTimeOffset', 'availabilityTimeComplete']) edits.removeAttribute(element, name)
  for (const child of element.children) {
    if (element.name === 'ServiceDescription' && child.name === 'Latency') edits.replaceElement(child, '')
    else removePromises(edits, child)
  }
}

function removeUncarried(edits: TextEdits, mpd: Mpd, carried: ReadonlySet<string>): void {
  // Ids that mean nothing to this MPD do not empty it.
  if (!representationsOf(mpd).some(([, { id }]) => carried.has(id))) return
  for (const set of mpd.periods.flatMap((period) => period.adaptationSets)) {
    if (!set.representations.some(({ id }) => carried.has(id))) edits.replaceElement(set.element, '')
    else for (const { id, element } of set.representations) if (!carried.has(id)) edits.replaceElement(element, '')
  }
}

function representationsOf(mpd: Mpd): (readonly [MpdPeriod, MpdRepresentation])[] {
  return mpd.periods.flatMap((period) =>
    period.adaptationSets.flatMap((set) =>
      set.representations.map((representation) => [period, representation] as const),
    ),
  )
}

function isSegmented({ addressing }: MpdRepresentation): boolean {
  return addressing.kind === 'template' || addressing.kind === 'list'
}

/** Longest media segment that is announced, µs: how far apart news are. */
function longestSegmentUs(mpd: Mpd): number {
  let longest = mpd.maxSegmentDurationUs ?? 0
  for (const period of mpd.periods)
    for (const { addressing } of period.adaptationSets.flatMap((set) => set.representations)) {
      if (addressing.kind !== 'template' && addressing.kind !== 'list') continue
      const ticks = Math.max(
        addressing.duration ?? 0,
        ...(addressing.timeline?.slice(-8).map((entry) => entry.duration) ?? []),
      )
      longest = Math.max(longest, Math.round((ticks / addressing.timescale) * 1_000_000))
    }
  return longest === 0 ? DEFAULT_SEGMENT_US : longest
}

const DEFAULT_SEGMENT_US = 2_000_000
