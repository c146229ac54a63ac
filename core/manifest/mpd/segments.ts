import { CodecError } from '../../bytes/codec-error.ts'
import { addressesOf, addressOf } from '../../flow/address.ts'
import { resolveReference } from '../reference.ts'
import type {
  InclusiveRange,
  ListAddressing,
  Mpd,
  MpdPeriod,
  MpdRepresentation,
  SegmentClock,
  TemplateAddressing,
  UrlRange,
} from './mpd.ts'
import { expandTemplate, type TemplateMatcher, templateAddress, templateMatcher } from './template.ts'
import { US_PER_SECOND } from './time.ts'

/** One media segment of a representation. */
export type MpdSegment = {
  readonly number: number
  /** Media time of its start in ticks, including the presentation time offset: the value of `$Time$`. */
  readonly time: number
  /** Ticks. */
  readonly duration: number
  readonly timescale: number
  /** Start within the period, µs, rounded. */
  readonly startUs: number
  readonly durationUs: number
  /** Resolved against the manifest; percent-encoded as written. */
  readonly name: string
  /** Byte range of the segment in the file; null for the whole file. */
  readonly range: InclusiveRange | null
}

/** Most segments of one representation: 12 days of 2 s segments. */
const MAX_SEGMENTS = 524_288

/**
 * The segments of a representation in order. With a constant duration and an open period the list ends at `untilUs` (µs in the
 * period, default: nothing). `single` and `base` representations give one segment, the whole file.
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function listSegments(period: MpdPeriod, representation: MpdRepresentation, untilUs = 0): MpdSegment[] {
  const { addressing } = representation
  if (addressing.kind === 'single' || addressing.kind === 'base') {
    const durationUs = period.durationUs ?? 0
    const whole = { number: 1, time: 0, duration: durationUs, timescale: US_PER_SECOND, startUs: 0, durationUs }
    return [{ ...whole, name: representation.baseUrl, range: null }]
  }
  return listedSpans(period, addressing, untilUs).map((span, index) => namedSegment(representation, span, index))
}

/** The segments of a template or list without their names; shared by all representations with one timeline. */
export function listedSpans(
  period: MpdPeriod,
  addressing: TemplateAddressing | ListAddressing,
  untilUs = 0,
): readonly Span[] {
  const endUs = period.durationUs ?? untilUs
  if (addressing.kind === 'list') {
    const clocked = { ...addressing, endNumber: addressing.startNumber + addressing.urls.length - 1 }
    // The list itself has the number of segments; the period's end does not limit it.
    return sharedSpans(clocked, Number.POSITIVE_INFINITY, addressing.urls.length)
  }
  return sharedSpans(addressing, endUs, MAX_SEGMENTS + 1)
}

/** A span with its name. @param index of the span, for a list */
export function namedSegment(representation: MpdRepresentation, span: Span, index: number): MpdSegment {
  const { addressing, baseUrl } = representation
  if (addressing.kind !== 'list')
    return { ...span, name: segmentName(representation, span.number, span.time), range: null }
  const url = addressing.urls[index]
  return { ...span, name: resolveReference(baseUrl, url?.url ?? ''), range: url?.range ?? null }
}

/** Name of the initialisation segment; null for a self-initialising file. */
export function initSegment(
  representation: MpdRepresentation,
): { readonly name: string; readonly range: InclusiveRange | null } | null {
  const { addressing } = representation
  if (addressing.kind === 'single') return null
  if (addressing.kind === 'template') {
    if (addressing.initialization === null) return null
    const { id: representationId, bandwidth } = representation
    const url = expandTemplate(addressing.initialization, { representationId, bandwidth })
    return { name: resolveReference(representation.baseUrl, url), range: null }
  }
  const own: UrlRange | null = addressing.initialization
  return own === null ? null : { name: resolveReference(representation.baseUrl, own.url), range: own.range }
}

/** Name of a segment of a template by its number and time, resolved against the manifest. */
function segmentName(representation: MpdRepresentation, number: number, time: number): string {
  const { addressing, id: representationId, bandwidth } = representation
  if (addressing.kind !== 'template') throw new CodecError('mpd-template', 0, 'the representation has no template')
  const url = expandTemplate(addressing.media, { representationId, bandwidth, number, time })
  return resolveReference(representation.baseUrl, url)
}

/** Finds the segment of a representation for a name. */
export type SegmentFinder = (name: string) => SegmentAddress | null

/** Address of a segment: its number, its media time, or both, depending on the addressing. */
export type SegmentAddress = { readonly number: number | null; readonly time: number | null }

/** Finders of representations that were asked for: a manifest is served many times as it was read. */
const FINDERS = new WeakMap<MpdRepresentation, SegmentFinder>()

/**
 * The inverse of `segmentName` (and of the list), for many look-ups in one representation: by the address that a name has, in any
 * spelling, and also without the query of the manifest.
 */
export function segmentFinder(representation: MpdRepresentation): SegmentFinder {
  const known = FINDERS.get(representation)
  if (known !== undefined) return known
  const made = makeFinder(representation)
  FINDERS.set(representation, made)
  return made
}

function makeFinder(representation: MpdRepresentation): SegmentFinder {
  const { addressing, baseUrl } = representation
  if (addressing.kind === 'list') {
    const numbers = new Map<string, number>()
    addressing.urls.forEach((url, index) => {
      for (const address of addressesOf(resolveReference(baseUrl, url.url)))
        numbers.set(address, addressing.startNumber + index)
    })
    return (name) => {
      const number = numbers.get(addressOf(name))
      return number === undefined ? null : { number, time: null }
    }
  }
  if (addressing.kind !== 'template' || templateAddress(addressing.media) === null) return () => null
  const matchers = addressMatchers(representation, addressing.media)
  const { duration, startNumber, presentationTimeOffset } = addressing
  return (name) => {
    const address = addressOf(name)
    let found: ReturnType<TemplateMatcher> = null
    for (const matcher of matchers) found ??= matcher(address)
    if (found === null || duration === null) return found
    if (found.number !== null && found.number < startNumber) return null
    // With a constant duration, number and time are equivalent.
    const number = found.number ?? startNumber + Math.round(((found.time ?? 0) - presentationTimeOffset) / duration)
    const time = found.time ?? (number - startNumber) * duration + presentationTimeOffset
    return { number, time }
  }
}

/** Stands for `$` of an identifier while a template is made an address: a character that no address changes. */
const MARK = '\ue000'

/** Matchers of the addresses of a template: as written, and without its query where the path tells the segments apart. */
function addressMatchers({ id, bandwidth, baseUrl }: MpdRepresentation, media: string): TemplateMatcher[] {
  // The template's text is resolved with the id in its place, so that `../`, folders and escapes are part of the pattern.
  const named = media
    .split('$')
    .map((part, at) =>
      at % 2 === 0 ? part : part === 'RepresentationID' ? id : part === '' ? '$' : MARK + part + MARK,
    )
    .join('')
  const identifiers: string[] = []
  const marked = resolveReference(baseUrl, named).replace(/\ue000[^\ue000]*\ue000/g, (identifier) => {
    identifiers.push(identifier.replaceAll(MARK, '$'))
    return MARK
  })
  return addressesOf(marked).flatMap((address) => {
    let next = 0
    const template = address.replaceAll('$', '$$$$').replaceAll(MARK, () => identifiers[next++] ?? MARK)
    return templateAddress(template) === null ? [] : [templateMatcher(template, id, bandwidth)]
  })
}

/** A segment without its name. */
export type Span = Omit<MpdSegment, 'name' | 'range'>

type Shared = { readonly clock: SegmentClock; readonly endUs: number; readonly spans: readonly Span[] }
/** The newest only: a few bytes of a timeline may be a million spans. */
let shared: Shared | null = null

/** The spans of the clock last asked for with this timeline, since the representations of a set ask one after the other. */
function sharedSpans(clock: SegmentClock, endUs: number, most: number): readonly Span[] {
  if (clock.timeline === null) return spansOf(clock, endUs, most)
  if (shared !== null && shared.endUs === endUs && isSameClock(shared.clock, clock)) return shared.spans
  const spans = spansOf(clock, endUs, most)
  shared = { clock, endUs, spans }
  return spans
}

function isSameClock(a: SegmentClock, b: SegmentClock): boolean {
  return (
    a.timeline === b.timeline &&
    a.timescale === b.timescale &&
    a.startNumber === b.startNumber &&
    a.endNumber === b.endNumber &&
    a.presentationTimeOffset === b.presentationTimeOffset
  )
}

/**
 * Upper bound of the segments in a timeline or list of a period that ends at `endUs`.
 */
export function mostSegments(addressing: TemplateAddressing | ListAddressing, endUs: number): number {
  if (addressing.kind === 'list') return addressing.urls.length
  const endTicks = (endUs / US_PER_SECOND) * addressing.timescale + addressing.presentationTimeOffset
  let count = 0
  let time = 0
  for (const { time: from, duration, repeat } of addressing.timeline ?? []) {
    time = from ?? time
    const times = repeat >= 0 ? repeat + 1 : Math.max(0, Math.ceil((endTicks - time) / Math.max(1, duration)))
    count += times
    time += times * duration
  }
  return count
}

/** Refuses a presentation whose timelines list more than is written. @throws CodecError mpd-too-many-segments */
export function checkSegments(mpd: Mpd): void {
  const seen = new Set<object>()
  let count = 0
  for (const { durationUs, adaptationSets } of mpd.periods) {
    for (const { addressing } of adaptationSets.flatMap((set) => set.representations)) {
      if (addressing.kind !== 'template' || addressing.timeline === null || seen.has(addressing.timeline)) continue
      seen.add(addressing.timeline)
      count += mostSegments(addressing, durationUs ?? 0)
    }
  }
  if (count > 2 * MAX_SEGMENTS)
    throw new CodecError('mpd-too-many-segments', 0, `timelines of more than ${2 * MAX_SEGMENTS} segments`)
}

function spansOf(clock: SegmentClock, endUs: number, most: number): Span[] {
  const { timescale, presentationTimeOffset: offset } = clock
  const spans: Span[] = []
  const lastNumber = clock.endNumber ?? Number.POSITIVE_INFINITY
  const push = (number: number, time: number, duration: number): void => {
    if (spans.length >= MAX_SEGMENTS)
      throw new CodecError('mpd-too-many-segments', 0, `a representation has more than ${MAX_SEGMENTS} segments`)
    spans.push({ number, time, duration, timescale, ...toUs(time - offset, duration, timescale) })
  }
  if (clock.timeline === null) {
    if (clock.duration === null) return spans
    const fitting = Math.ceil((endUs / US_PER_SECOND) * (timescale / clock.duration) - 1e-6)
    const count = Math.min(most, Math.max(0, fitting), lastNumber - clock.startNumber + 1)
    for (let index = 0; index < count; index++)
      push(clock.startNumber + index, index * clock.duration + offset, clock.duration)
    return spans
  }
  const endTicks = (endUs / US_PER_SECOND) * timescale + offset
  let number = clock.startNumber
  let time = 0
  clock.timeline.forEach((entry, index) => {
    time = entry.time ?? time
    number = entry.number ?? number
    const until = clock.timeline?.[index + 1]?.time ?? endTicks
    const open = entry.repeat < 0
    if (entry.duration === 0 && (open || entry.repeat > 0)) return
    const count = open ? Math.ceil((until - time) / entry.duration - 1e-9) : entry.repeat + 1
    for (let turn = 0; turn < count && number <= lastNumber && spans.length < most; turn++) {
      push(number, time, entry.duration)
      number++
      time += entry.duration
    }
  })
  return spans
}

function toUs(ticks: number, duration: number, timescale: number): { startUs: number; durationUs: number } {
  const startUs = Math.round((ticks / timescale) * US_PER_SECOND)
  return { startUs, durationUs: Math.round(((ticks + duration) / timescale) * US_PER_SECOND) - startUs }
}
