import { AddressMap } from '../../flow/address.ts'
import { pointClock, shiftTimes } from './live-clock.ts'
import { removeEndlessOffsets } from './live-on-air.ts'
import type { Mpd, MpdPeriod, MpdRepresentation } from './mpd.ts'
import { checkSegments, type MpdSegment } from './segments.ts'
import { segmentsAmong } from './stored-segments.ts'
import { TextEdits } from './text-edits.ts'
import { serialiseXsDateTime, serialiseXsDuration } from './time.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/** Facts of a gateway about received media; wall times in µs. */
export type LiveArrivals = {
  /** Added to every absolute time: 0 live, or now minus capture time of a replay. */
  readonly shiftUs: number
  /** Address of the gateway's clock (xs:dateTime). */
  readonly clockUrl: string
  /**
   * First whole media segments of the service, by name in any spelling of its address, with the wall time of completion; a few
   * per representation suffice.
   */
  readonly complete: readonly { readonly name: string; readonly completeUs: number }[]
  /** Representation@id of the carried representations, where known; others are left out. */
  readonly carried?: ReadonlySet<string>
  /** Segments are available only when whole: earlier availability, and latency that depends on it, are left out. */
  readonly wholeOnly?: boolean
}

/** How often a player checks whether the presentation has ended. */
const UPDATE_US = 2_000_000
/** Most segments between the newest and the played one: one arrives, one is ready, one is reserve. */
const MOST_DELAY = 3
const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011'

/**
 * The MPD of a growing presentation for players. A dynamic one is shifted in time; a static one becomes dynamic so that the
 * first received segment is available from the moment of its completion. Clock and update addresses are the gateway's; all else
 * is as sent. Null while a static MPD has no whole segment. A static MPD of whole files is returned unchanged.
 * @throws CodecError mpd-too-many-segments, mpd-template, mpd-date-time
 */
export function liveMpd(mpd: Mpd, arrivals: LiveArrivals): string | null {
  const { root, text } = mpd.document
  const edits = new TextEdits()
  checkSegments(mpd)
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
 * How much later than a dynamic MPD (shifted by `shiftUs`) announces its segments arrive, µs, negative for earlier; null while
 * that is within a segment's duration, or nothing has arrived. A larger value means that the sender's clock is wrong or the
 * shift is inexact.
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

/** The earliest availabilityStartTime at which no first segment is available before its completion. */
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

/**
 * No more than have arrived: a player must not start before the first segment, because dash.js stops where its first is
 * missing.
 */
function delaySegments(mpd: Mpd, arrivals: LiveArrivals): number {
  const counts = arrived(mpd, arrivals).flatMap(({ length }) => (length === 0 ? [] : [length]))
  return Math.min(MOST_DELAY, ...counts)
}

/** End of a segment on the presentation's time line, and its completion time. */
type Arrived = { readonly endUs: number; readonly durationUs: number; readonly completeUs: number }

/** Received segments by representation. */
function arrived(mpd: Mpd, { complete }: Pick<LiveArrivals, 'complete'>): Arrived[][] {
  const times = new AddressMap(complete.map(({ name, completeUs }) => [name, completeUs]))
  return representationsOf(mpd).map(([period, representation]) => {
    const { startUs } = period
    if (startUs === null) return []
    return segmentsAmong(period, representation, times.addresses()).flatMap((segment: MpdSegment) => {
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
  // All received segments stay available, so the depth is unlimited. The sender's end time does not apply to a broadcast.
  for (const name of ['timeShiftBufferDepth', 'availabilityEndTime']) edits.removeAttribute(root, name)
  const profiles = sourceAttribute(root, 'profiles')
  if (profiles?.includes('isoff-on-demand')) edits.setAttribute(root, 'profiles', LIVE_PROFILE)
  for (const period of mpd.periods)
    if (sourceAttribute(period.element, 'start') === null && period.startUs !== null)
      edits.setAttribute(period.element, 'start', serialiseXsDuration(period.startUs))
}

/** Removes what says that segments can be had before they are whole. */
export function removePromises(edits: TextEdits, element: SourceElement): void {
  for (const name of ['availabilityTimeOffset', 'availabilityTimeComplete']) edits.removeAttribute(element, name)
  for (const child of element.children) {
    if (element.name === 'ServiceDescription' && child.name === 'Latency') edits.replaceElement(child, '')
    else removePromises(edits, child)
  }
}

function removeUncarried(edits: TextEdits, mpd: Mpd, carried: ReadonlySet<string>): void {
  // Ids unknown to this MPD must not empty it.
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

/** Longest announced media segment, µs, which is the interval between updates. */
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
