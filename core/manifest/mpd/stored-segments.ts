import { leadsTo } from '../../flow/address.ts'
import type { MpdPeriod, MpdRepresentation, SegmentClock } from './mpd.ts'
import {
  listedSpans,
  type MpdSegment,
  namedSegment,
  type SegmentAddress,
  type Span,
  segmentFinder,
} from './segments.ts'
import { US_PER_SECOND } from './time.ts'

/** Stored files of a presentation, by their addresses. */
export interface StoredNames {
  /** Whether a whole file is stored to which a resolved reference of the MPD leads. */
  has(name: string): boolean
  /** Names of whole stored media segments. */
  whole(): Iterable<string>
  /** Whether a representation is on air: another one may have names that fit. */
  carries?(id: string): boolean
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
  const isListed = addressing.kind === 'list' || addressing.timeline !== null
  const found: MpdSegment[] = []
  const unlisted: Unlisted[] = []
  for (const name of names) {
    const address = find(name)
    if (address === null) continue
    const known = isListed ? listedAt(period, representation, name, address) : undefined
    const { number, time } = address
    if (known !== undefined) found.push(known)
    else if (addressing.timeline !== null) unlisted.push({ name, ...address })
    else if (addressing.duration !== null && number !== null && time !== null && !isPast(addressing, number))
      found.push(spanOf(addressing, name, number, time, addressing.duration))
  }
  if (unlisted.length > 0) {
    for (const segment of inferred(addressing, unlisted, listedSpans(period, addressing))) found.push(segment)
  }
  // Periods may share one template; segments after the end of this period or before its start belong to another.
  const withinUs = period.durationUs ?? Number.POSITIVE_INFINITY
  return found
    .filter((segment) => segment.startUs < withinUs && segment.startUs + segment.durationUs > 0)
    .sort((a, b) => a.time - b.time)
}

/** The listed segment of this name and address. */
function listedAt(
  period: MpdPeriod,
  representation: MpdRepresentation,
  name: string,
  { number, time }: SegmentAddress,
): MpdSegment | undefined {
  const { addressing } = representation
  if (addressing.kind !== 'template' && addressing.kind !== 'list') return undefined
  const spans = listedSpans(period, addressing)
  const index = number !== null ? firstFrom(spans, 'number', number) : firstFrom(spans, 'time', time ?? 0)
  const span = spans[index]
  const segment = span === undefined ? null : namedSegment(representation, span, index)
  return segment !== null && leadsTo(segment.name, name) ? segment : undefined
}

/** Index of the first span from `value` on; spans are in order. */
function firstFrom(spans: readonly Span[], field: 'number' | 'time', value: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle] as Span)[field] < value) low = middle + 1
    else high = middle
  }
  return low
}

type Unlisted = SegmentAddress & { readonly name: string }

const isPast = (clock: SegmentClock, number: number): boolean => clock.endNumber !== null && number > clock.endNumber

/** Segments that a timeline no longer lists. With numbers only, the time is estimated from the mean duration. */
function inferred(clock: SegmentClock, unlisted: readonly Unlisted[], listed: readonly Span[]): MpdSegment[] {
  const first = listed[0]
  if (first === undefined) return []
  const typical = meanDuration(listed)
  const timed = unlisted.map(({ name, number, time }) => ({
    name,
    number: number ?? first.number,
    time: time ?? Math.round(first.time + ((number ?? first.number) - first.number) * typical),
  }))
  const times = timed.map((segment) => segment.time).sort((a, b) => a - b)
  const next = new Map(times.map((time, index) => [time, times[index + 1] ?? Number.POSITIVE_INFINITY]))
  return timed.flatMap(({ name, number, time }) => {
    const nextListed = listed[firstFrom(listed, 'time', time + 1)]?.time ?? Number.POSITIVE_INFINITY
    const step = Math.min(next.get(time) ?? nextListed, nextListed) - time
    const duration = step < 1.5 * typical ? step : Math.round(typical)
    return time < 0 || duration <= 0 ? [] : [spanOf(clock, name, number, time, duration)]
  })
}

const MEANS = new WeakMap<readonly Span[], number>()

function meanDuration(spans: readonly Span[]): number {
  let mean = MEANS.get(spans)
  if (mean === undefined) {
    mean = spans.reduce((sum, segment) => sum + segment.duration, 0) / spans.length
    MEANS.set(spans, mean)
  }
  return mean
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
