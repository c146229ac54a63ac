import type { Mpd } from '../manifest/mpd/mpd.ts'
import { TextEdits } from '../manifest/mpd/text-edits.ts'
import { serialiseXsDateTime, serialiseXsDuration } from '../manifest/mpd/time.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from '../manifest/mpd/xml-source.ts'
import type { UnsentTime } from './track-emitter.ts'
import type { ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Time shift of a looped broadcast. */
export const TIME_SHIFT_US = 60_000_000
/** Update period of a numbered MPD, which never changes; a dynamic MPD requires one (ISO/IEC 23009-1 §5.3.1.2). */
const UNCHANGED_US = 10_000_000
/** Allowance for the sender's timers between a segment's last packet and its nominal end. */
const SENDING_SLACK_US = 250_000

/** Times of a live MPD. */
export type LiveMpdOptions = {
  /** Start of the broadcast, µs since the UNIX epoch: media time 0. */
  readonly startUs: number
  readonly publishUs: number
  /** Segments listed per track (`timeline`); null: numbers continue by themselves (`numbered`). */
  readonly listed: ReadonlyMap<TrackSchedule, readonly ScheduledSegment[]> | null
}

/**
 * The dynamic MPD of the endless repetition of a static MPD with one period. A segment is available when it is sent completely:
 * availabilityStartTime is the start of the broadcast, since sending takes as long as the segment plays. Text without relation
 * to time is kept.
 */
export function broadcastMpd(mpd: Mpd, schedules: readonly TrackSchedule[], options: LiveMpdOptions): string {
  const edits = new TextEdits()
  const { root } = mpd.document
  const longestUs = schedules.reduce((us, schedule) => Math.max(us, longestSegment(schedule)), 0)
  const updateUs = options.listed === null ? UNCHANGED_US : longestUs
  edits.setAttribute(root, 'type', 'dynamic')
  edits.setAttribute(root, 'availabilityStartTime', serialiseXsDateTime(options.startUs + SENDING_SLACK_US))
  edits.setAttribute(root, 'publishTime', serialiseXsDateTime(options.publishUs))
  edits.setAttribute(root, 'minimumUpdatePeriod', serialiseXsDuration(updateUs))
  edits.setAttribute(root, 'timeShiftBufferDepth', serialiseXsDuration(TIME_SHIFT_US))
  edits.setAttribute(root, 'suggestedPresentationDelay', serialiseXsDuration(2 * longestUs))
  edits.removeAttribute(root, 'mediaPresentationDuration')
  edits.removeAttribute(root, 'availabilityEndTime')
  // A broadcast has no URL for updates, and no HTTP clock.
  for (const name of ['Location', 'PatchLocation', 'UTCTiming'])
    for (const element of sourceChildren(root, name)) edits.replaceElement(element, '')
  const period = mpd.periods[0]?.element
  if (period !== undefined) {
    edits.setAttribute(period, 'start', 'PT0S')
    edits.removeAttribute(period, 'duration')
    if (sourceAttribute(period, 'id') === null) edits.setAttribute(period, 'id', '0')
  }
  editTemplates(edits, schedules, options.listed)
  return edits.apply(mpd.document.text)
}

/**
 * Segments of a track to list at `nowUs` (µs from the start of the broadcast): those sent, within the time shift. Of those with
 * gaps the newest without one, since the numbers of a timeline have none (ISO/IEC 23009-1 §5.3.9.6).
 */
export function segmentsToList(
  schedule: TrackSchedule,
  nowUs: number,
  nextIndex: number,
  gaps: readonly UnsentTime[] = [],
): ScheduledSegment[] {
  const listed: ScheduledSegment[] = []
  for (let index = nextIndex; index >= 0; index--) {
    const segment = schedule.at(index)
    if (segment === null || segment.startUs + segment.durationUs > nowUs) continue
    if (segment.startUs < nowUs - TIME_SHIFT_US) break
    if (!gaps.some((gap) => isWithin(segment, gap))) listed.unshift(segment)
    else if (listed.length > 0) break
  }
  return listed
}

function isWithin({ startUs, durationUs }: ScheduledSegment, gap: UnsentTime): boolean {
  return startUs < gap.endUs && startUs + durationUs > gap.startUs
}

function editTemplates(edits: TextEdits, schedules: readonly TrackSchedule[], listed: LiveMpdOptions['listed']): void {
  const done = new Set<SourceElement>()
  for (const schedule of schedules) {
    const elements = schedule.track.representation?.segmentElements ?? []
    const holder = timelineHolder(elements)
    const segments = listed?.get(schedule) ?? null
    for (const element of elements) {
      if (done.has(element)) continue
      done.add(element)
      edits.removeAttribute(element, 'endNumber')
      if (segments === null) continue
      const media = sourceAttribute(element, 'media')
      if (media !== null) edits.setAttribute(element, 'media', media.replace(/\$Time(%0\d+d)?\$/g, '$Number$1$'))
      edits.removeAttribute(element, 'duration')
      const text = timeline(schedule, segments, holder)
      const existing = sourceChildren(element, 'SegmentTimeline')
      existing.forEach((each, index) => {
        edits.replaceElement(each, index === 0 && element === holder ? text : '')
      })
      if (element === holder) {
        edits.setAttribute(element, 'startNumber', String(segments[0]?.toi ?? schedule.firstNumber))
        if (existing.length === 0) edits.insertFirst(element, text)
      } else edits.removeAttribute(element, 'startNumber')
    }
  }
}

/** The innermost element with a timeline or a duration, which takes precedence (ISO/IEC 23009-1 §5.3.9.1). */
function timelineHolder(elements: readonly SourceElement[]): SourceElement | undefined {
  const inside = [...elements].reverse()
  return (
    inside.find((element) => sourceChildren(element, 'SegmentTimeline').length > 0) ??
    inside.find((element) => sourceAttribute(element, 'duration') !== null)
  )
}

function timeline(
  schedule: TrackSchedule,
  segments: readonly ScheduledSegment[],
  holder: SourceElement | undefined,
): string {
  const addressing = schedule.track.representation?.addressing
  const clock = addressing?.kind === 'template' ? addressing : { timescale: 1, presentationTimeOffset: 0 }
  const prefix = holder === undefined ? '' : holder.qualifiedName.slice(0, -holder.name.length)
  const ticks = (us: number): number => Math.round((us / 1_000_000) * clock.timescale) + clock.presentationTimeOffset
  const entries = segments.map((segment) => {
    const start = ticks(segment.startUs)
    return `<${prefix}S t="${start}" d="${ticks(segment.startUs + segment.durationUs) - start}"/>`
  })
  return `<${prefix}SegmentTimeline>${entries.join('')}</${prefix}SegmentTimeline>`
}

function longestSegment(schedule: TrackSchedule): number {
  return schedule.track.segments.reduce((us, segment) => Math.max(us, segment.durationUs), 0)
}
