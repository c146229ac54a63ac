import type { MpdPeriod, MpdRepresentation, SegmentClock } from './mpd.ts'
import { listSegments, type MpdSegment, type SegmentAddress, segmentFinder } from './segments.ts'
import { US_PER_SECOND } from './time.ts'

/** Stored files of a presentation, by names resolved like the MPD's. */
export interface StoredNames {
  /** Whether a whole file is stored. */
  has(name: string): boolean
  /** Names of whole stored media segments. */
  whole(): Iterable<string>
}

/**
 * The segments of a representation among these names, in order of time. A live timeline lists only its newest part: times and
 * durations of older segments are derived from their names and the listed ones.
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function segmentsAmong(
  period: MpdPeriod,
  representation: MpdRepresentation,
  names: Iterable<string>,
): MpdSegment[] {
  const { addressing } = representation
  if (addressing.kind === 'single' || addressing.kind === 'base') return []
  const find = segmentFinder(representation)
  const listed = new Map<string, MpdSegment>()
  if (addressing.kind === 'list' || addressing.timeline !== null)
    for (const segment of listSegments(period, representation)) listed.set(segment.name, segment)
  const found: MpdSegment[] = []
  const unlisted: Unlisted[] = []
  for (const name of names) {
    const address = find(name)
    if (address === null) continue
    const known = listed.get(name)
    const { number, time } = address
    if (known !== undefined) found.push(known)
    else if (addressing.timeline !== null) unlisted.push({ name, ...address })
    else if (addressing.duration !== null && number !== null && time !== null && !isPast(addressing, number))
      found.push(spanOf(addressing, name, number, time, addressing.duration))
  }
  if (unlisted.length > 0) found.push(...inferred(addressing, unlisted, [...listed.values()]))
  // Periods may share one template; segments after the end of this period or before its start belong to another.
  const withinUs = period.durationUs ?? Number.POSITIVE_INFINITY
  return found
    .filter((segment) => segment.startUs < withinUs && segment.startUs + segment.durationUs > 0)
    .sort((a, b) => a.time - b.time)
}

type Unlisted = SegmentAddress & { readonly name: string }

const isPast = (clock: SegmentClock, number: number): boolean => clock.endNumber !== null && number > clock.endNumber

/** Segments that a timeline no longer lists. With numbers only, the time is estimated from the mean duration. */
function inferred(clock: SegmentClock, unlisted: readonly Unlisted[], listed: readonly MpdSegment[]): MpdSegment[] {
  const first = listed[0]
  if (first === undefined) return []
  const typical = listed.reduce((sum, segment) => sum + segment.duration, 0) / listed.length
  const timed = unlisted.map(({ name, number, time }) => ({
    name,
    number: number ?? first.number,
    time: time ?? Math.round(first.time + ((number ?? first.number) - first.number) * typical),
  }))
  const times = [...timed, ...listed].map((segment) => segment.time).sort((a, b) => a - b)
  const next = new Map(times.map((time, index) => [time, times[index + 1]]))
  return timed.flatMap(({ name, number, time }) => {
    const step = (next.get(time) ?? Number.POSITIVE_INFINITY) - time
    const duration = step < 1.5 * typical ? step : Math.round(typical)
    return time < 0 || duration <= 0 ? [] : [spanOf(clock, name, number, time, duration)]
  })
}

function spanOf(clock: SegmentClock, name: string, number: number, time: number, duration: number): MpdSegment {
  const { timescale, presentationTimeOffset } = clock
  const startUs = Math.round(((time - presentationTimeOffset) / timescale) * US_PER_SECOND)
  const endUs = Math.round(((time - presentationTimeOffset + duration) / timescale) * US_PER_SECOND)
  return { number, time, duration, timescale, startUs, durationUs: endUs - startUs, name, range: null }
}

/** True where players that count timeline entries get the right names: there are no numbers in them, or none is missing. */
export function isUnbroken(representation: MpdRepresentation, segments: readonly MpdSegment[]): boolean {
  const { addressing } = representation
  if (addressing.kind === 'template' && !/\$Number(?:%0\d+d)?\$/.test(addressing.media)) return true
  return segments.every((segment, index) => {
    const before = segments[index - 1]
    return before === undefined || before.number + 1 === segment.number
  })
}
