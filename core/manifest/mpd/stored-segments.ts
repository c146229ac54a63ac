import type { MpdPeriod, MpdRepresentation, SegmentClock } from './mpd.ts'
import { initSegment, listSegments, type MpdSegment, segmentFinder } from './segments.ts'
import { templateAddress } from './template.ts'
import { US_PER_SECOND } from './time.ts'

/** What of a presentation can be had, by names resolved as the MPD's are. */
export interface StoredNames {
  /** Whether a file is there whole. */
  has(name: string): boolean
  /** Names of media segments that are there whole. */
  whole(): Iterable<string>
  /** Names of media segments of which anything was ever seen: whole, arriving, lost or expired. */
  seen(): Iterable<string>
}

/** True where anything of a representation was ever received: a sender need not carry all that its MPD lists. */
export function isCarried(representation: MpdRepresentation, names: StoredNames): boolean {
  const { addressing, baseUrl } = representation
  if (addressing.kind === 'single' || addressing.kind === 'base') return names.has(baseUrl)
  const init = initSegment(representation)
  if (init !== null && names.has(init.name)) return true
  const find = segmentFinder(representation)
  for (const name of names.seen()) if (find(name) !== null) return true
  return false
}

/**
 * The segments of a representation that are there whole, in order of time. Of a live timeline only the newest part is listed
 * in the newest MPD: times and durations of older ones are told from their names and neighbours.
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
  const unlisted: { name: string; number: number | null; time: number | null }[] = []
  for (const name of names) {
    const address = find(name)
    if (address === null) continue
    const known = listed.get(name)
    if (known !== undefined) found.push(known)
    else if (addressing.timeline === null && addressing.duration !== null) {
      const { number, time } = address
      if (number !== null && time !== null) found.push(spanOf(addressing, name, number, time, addressing.duration))
    } else unlisted.push({ name, ...address })
  }
  if (unlisted.length > 0) found.push(...inferred(addressing, unlisted, [...listed.values()]))
  const within = period.durationUs ?? Number.POSITIVE_INFINITY
  return found.filter((segment) => segment.startUs < within).sort((a, b) => a.time - b.time)
}

/** Segments of a timeline that it no longer lists. */
function inferred(
  clock: SegmentClock,
  unlisted: readonly { name: string; number: number | null; time: number | null }[],
  listed: readonly MpdSegment[],
): MpdSegment[] {
  const first = listed[0]
  const typical = clock.timeline?.[0]?.duration ?? 0
  const timed = unlisted.flatMap(({ name, number, time }) => {
    if (time !== null) return [{ name, number: number ?? 0, time }]
    // By number alone the time is an estimate: so many typical durations from one that is known.
    if (first === undefined || number === null) return []
    return [{ name, number, time: first.time + (number - first.number) * typical }]
  })
  const times = [...timed, ...listed].map((segment) => segment.time).sort((a, b) => a - b)
  return timed.flatMap(({ name, number, time }) => {
    const next = times.find((other) => other > time)
    const duration = next !== undefined && next - time < 1.5 * typical ? next - time : typical
    return time < 0 || duration <= 0 ? [] : [spanOf(clock, name, number, time, duration)]
  })
}

function spanOf(clock: SegmentClock, name: string, number: number, time: number, duration: number): MpdSegment {
  const { timescale, presentationTimeOffset } = clock
  const startUs = Math.round(((time - presentationTimeOffset) / timescale) * US_PER_SECOND)
  const endUs = Math.round(((time - presentationTimeOffset + duration) / timescale) * US_PER_SECOND)
  return { number, time, duration, timescale, startUs, durationUs: endUs - startUs, name, range: null }
}

/** True where nothing between the first and the last is missing, and numbers go up by one. */
export function isUnbroken(representation: MpdRepresentation, segments: readonly MpdSegment[]): boolean {
  const { addressing } = representation
  const byTime = addressing.kind === 'template' && templateAddress(addressing.media) === 'time'
  return segments.every((segment, index) => {
    const before = segments[index - 1]
    if (before === undefined) return true
    return byTime ? before.time + before.duration === segment.time : before.number + 1 === segment.number
  })
}
