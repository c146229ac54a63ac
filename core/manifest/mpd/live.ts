import type { Mpd } from './mpd.ts'
import { writeSegments } from './segment-writer.ts'
import { segmentFinder } from './segments.ts'
import { isCarried, type StoredNames, segmentsAmong } from './stored-segments.ts'
import { TextEdits } from './text-edits.ts'
import { parseXsDateTime, serialiseXsDateTime, serialiseXsDuration } from './time.ts'
import { escapeXmlText, type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/** When a segment came: its first and its last byte, µs of the clock that players will be given. */
export type SegmentArrival = { readonly name: string; readonly firstTimeUs: number; readonly lastTimeUs: number }

/**
 * The availabilityStartTime at which every segment that came is available no earlier than it did, µs; null where no segment
 * says. For low latency a segment is also not available before its first byte came.
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function startFromArrivals(mpd: Mpd, arrivals: readonly SegmentArrival[]): number | null {
  const byName = new Map(arrivals.map((arrival) => [arrival.name, arrival]))
  let startUs: number | null = null
  for (const period of mpd.periods) {
    if (period.startUs === null) continue
    for (const representation of period.adaptationSets.flatMap((set) => set.representations)) {
      const { availabilityTimeOffsetUs: earlyUs, availabilityTimeComplete } = representation
      for (const segment of segmentsAmong(period, representation, byName.keys())) {
        const arrival = byName.get(segment.name)
        if (arrival === undefined) continue
        const endUs = period.startUs + segment.startUs + segment.durationUs
        const candidates = [arrival.lastTimeUs - endUs]
        if (!availabilityTimeComplete && Number.isFinite(earlyUs))
          candidates.push(arrival.firstTimeUs - endUs + earlyUs)
        startUs = Math.max(startUs ?? Number.NEGATIVE_INFINITY, ...candidates)
      }
    }
  }
  return startUs === null ? null : Math.round(startUs)
}

/** Longest media segment that is announced, µs: how far apart news are. */
export function longestSegmentUs(mpd: Mpd): number {
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

export type LiveClock = {
  /** availabilityStartTime to give, µs since the UNIX epoch; null leaves it as sent. */
  readonly startUs: number | null
  /** Absolute URL of an xs:dateTime clock; replaces UTCTiming. */
  readonly clockUrl: string
  readonly nowUs: number
  /** How far back segments can be had, µs; null leaves what the MPD says. */
  readonly depthUs: number | null
}

/**
 * A presentation while it arrives. A dynamic MPD is moved in time: every absolute time in it by as much as
 * availabilityStartTime. A static one becomes dynamic. Representations of which nothing is carried are left out, as are
 * addresses (Location) that lead away from here. All else stays as it was sent.
 * @throws CodecError mpd-too-many-segments, mpd-template, mpd-date-time
 */
export function liveMpd(mpd: Mpd, names: StoredNames, clock: LiveClock): string {
  const edits = new TextEdits()
  const { root } = mpd.document
  removeUncarried(edits, mpd, names)
  for (const name of ['Location', 'PatchLocation'])
    for (const element of sourceChildren(root, name)) edits.replaceElement(element, '')
  pointClock(edits, root, clock.clockUrl)
  if (mpd.type === 'dynamic') {
    if (clock.startUs !== null && mpd.availabilityStartTimeUs !== null)
      shiftTimes(edits, root, clock.startUs - mpd.availabilityStartTimeUs)
    return edits.apply(mpd.document.text)
  }
  const segmentUs = longestSegmentUs(mpd)
  edits.setAttribute(root, 'type', 'dynamic')
  edits.setAttribute(root, 'availabilityStartTime', serialiseXsDateTime(toMs(clock.startUs ?? clock.nowUs)))
  edits.setAttribute(root, 'publishTime', serialiseXsDateTime(toMs(clock.nowUs)))
  edits.setAttribute(root, 'minimumUpdatePeriod', serialiseXsDuration(segmentUs))
  edits.setAttribute(root, 'suggestedPresentationDelay', serialiseXsDuration(2 * segmentUs))
  if (clock.depthUs !== null) edits.setAttribute(root, 'timeShiftBufferDepth', serialiseXsDuration(clock.depthUs))
  edits.removeAttribute(root, 'mediaPresentationDuration')
  for (const period of mpd.periods)
    if (sourceAttribute(period.element, 'start') === null && period.startUs !== null)
      edits.setAttribute(period.element, 'start', serialiseXsDuration(period.startUs))
  listWhatIsThere(edits, mpd, names)
  return edits.apply(mpd.document.text)
}

/** A timeline of a static MPD lists the future too; a player takes its end for the live edge. */
function listWhatIsThere(edits: TextEdits, mpd: Mpd, names: StoredNames): void {
  const removed = new Set<SourceElement>()
  for (const period of mpd.periods)
    for (const representation of period.adaptationSets.flatMap((set) => set.representations)) {
      const { addressing } = representation
      if (addressing.kind !== 'list' && (addressing.kind !== 'template' || addressing.timeline === null)) continue
      const segments = segmentsAmong(period, representation, names.whole())
      if (segments.length > 0)
        writeSegments(edits, representation, segments, addressing.presentationTimeOffset, removed)
    }
}

function removeUncarried(edits: TextEdits, mpd: Mpd, names: StoredNames): void {
  const sets = mpd.periods.flatMap((period) => period.adaptationSets)
  const carried = new Set(
    sets.flatMap((set) => set.representations).filter((representation) => isCarried(representation, names)),
  )
  // Before anything came, nothing is known about what will.
  if (carried.size === 0) return
  for (const set of sets) {
    if (set.representations.every((representation) => !carried.has(representation)))
      edits.replaceElement(set.element, '')
    else
      for (const representation of set.representations)
        if (!carried.has(representation)) edits.replaceElement(representation.element, '')
  }
}

/** What may stand before UTCTiming, from Period on (ISO/IEC 23009-1 §5.3.1.3). */
const BEFORE_CLOCK = ['Period', 'Metrics', 'EssentialProperty', 'SupplementalProperty']

/** Makes a clock the only one players are told of, in the place the schema has for it. */
export function pointClock(edits: TextEdits, root: SourceElement, url: string): void {
  const prefix = root.qualifiedName.slice(0, -root.name.length)
  const timing = `<${prefix}UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="${escapeXmlText(url)}"/>`
  const [first, ...others] = sourceChildren(root, 'UTCTiming')
  const before = root.children.filter((child) => BEFORE_CLOCK.includes(child.name)).at(-1)
  if (first !== undefined) edits.replaceElement(first, timing)
  else if (before !== undefined) edits.insertAfter(before, timing)
  else edits.insertLast(root, timing)
  for (const other of others) edits.replaceElement(other, '')
}

/** Absolute times of a dynamic MPD, by element and attribute. Period starts are relative to the first and need no change. */
export function shiftTimes(edits: TextEdits, root: SourceElement, byUs: number): void {
  for (const name of ['availabilityStartTime', 'availabilityEndTime', 'publishTime'])
    shiftAttribute(edits, root, name, byUs)
  const walk = (element: SourceElement): void => {
    // The clock a low-latency player measures its latency by (§5.12).
    if (element.name === 'ProducerReferenceTime') shiftAttribute(edits, element, 'wallClockTime', byUs)
    for (const child of element.children) walk(child)
  }
  walk(root)
}

function shiftAttribute(edits: TextEdits, element: SourceElement, name: string, byUs: number): void {
  const text = sourceAttribute(element, name)
  // A wall clock may be in another form than a date (NTP seconds): that one stays.
  if (text === null || !/^-?\d{4,}-/.test(text.trim())) return
  edits.setAttribute(element, name, serialiseXsDateTime(toMs(parseXsDateTime(text) + byUs)))
}

/** Players read dates to the millisecond: rounding up keeps a segment from being asked for too early. */
const toMs = (us: number): number => Math.ceil(us / 1000) * 1000

/** Which representation a name belongs to and where in it; null for a name the MPD does not speak of. */
export function announcedSegment(
  mpd: Mpd,
  name: string,
): { readonly startUs: number; readonly durationUs: number; readonly earlyUs: number } | null {
  for (const period of mpd.periods)
    for (const representation of period.adaptationSets.flatMap((set) => set.representations)) {
      if (segmentFinder(representation)(name) === null) continue
      const segment = segmentsAmong(period, representation, [name])[0]
      if (segment === undefined) continue
      return {
        startUs: (period.startUs ?? 0) + segment.startUs,
        durationUs: segment.durationUs,
        earlyUs: Math.min(representation.availabilityTimeOffsetUs, segment.durationUs),
      }
    }
  return null
}
