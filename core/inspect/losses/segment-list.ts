import { addressesOf, addressOf } from '../../flow/address.ts'
import type { ListAddressing, Mpd, MpdPeriod, MpdRepresentation, TemplateAddressing } from '../../manifest/mpd/mpd.ts'
import { listSegments, mostSegments, segmentFinder } from '../../manifest/mpd/segments.ts'
import { expandTemplate } from '../../manifest/mpd/template.ts'
import { resolveReference } from '../../manifest/reference.ts'

/** The announced segments of one representation, by position: consecutive segments have consecutive positions. */
export interface SegmentList {
  /** Null for a name outside the list. */
  positionOf(name: string): number | null
  /** Null beyond the list. */
  nameAt(position: number): string | null
  durationUs(position: number): number | null
  availabilityUs(position: number): number | null
  /** Where it is announced; null for a playlist. */
  readonly of: ListPlace | null
  /** Name of its first segment; null for an empty list. */
  readonly first: string | null
}

/** A representation in its manifest. */
export type ListPlace = {
  readonly representation: string
  /** Position of its period. */
  readonly period: number
  /** Position of its adaptation set in the period. */
  readonly set: number
  /** How much earlier than the whole segment its first part is available, µs (availabilityTimeOffset of low latency). */
  readonly earlyUs: number
}

/** Representations read of one manifest, and its segments listed by name. */
const MAX_LISTS = 256
const MAX_LISTED = 65_536

type Listed = { readonly name: string; readonly durationUs: number; readonly availabilityUs: number | null }

/** A list with a name for each segment. */
export function listedSegments(segments: readonly Listed[], of: ListPlace | null = null): SegmentList {
  const positions = new Map(
    segments.flatMap(({ name }, position) => addressesOf(name).map((address) => [address, position])),
  )
  return {
    positionOf: (name) => positions.get(addressOf(name)) ?? null,
    nameAt: (position) => segments[position]?.name ?? null,
    durationUs: (position) => segments[position]?.durationUs ?? null,
    availabilityUs: (position) => segments[position]?.availabilityUs ?? null,
    of,
    first: segments[0]?.name ?? null,
  }
}

/**
 * The lists of a manifest's representations, period by period.
 * @param timeUs an open timeline is read until a minute later
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function mpdLists(mpd: Mpd, timeUs: number): SegmentList[] {
  let left = MAX_LISTED
  // Representations of a set share one timeline.
  const counts = new Map<object, number>()
  const countOf = (addressing: TemplateAddressing | ListAddressing, endUs: number): number => {
    const shared = addressing.timeline ?? addressing
    const count = counts.get(shared) ?? mostSegments(addressing, endUs)
    counts.set(shared, count)
    return count
  }
  const lists = mpd.periods.flatMap((period, index) =>
    period.adaptationSets.flatMap(({ representations }, set) =>
      representations.flatMap((representation) => {
        const { addressing } = representation
        if (addressing.kind === 'single' || addressing.kind === 'base') return []
        const originUs = originOf(mpd, period, representation)
        const of = { representation: representation.id, period: index, set, earlyUs: earlyOf(representation) }
        if (addressing.kind === 'template' && addressing.timeline === null)
          return addressing.duration === null
            ? []
            : [
                templateList(
                  representation,
                  addressing,
                  of,
                  originUs,
                  lastNumber(period, addressing, index + 1 < mpd.periods.length),
                ),
              ]
        const untilUs = originUs === null ? 0 : Math.max(0, timeUs + 60e6 - originUs)
        const most = countOf(addressing, period.durationUs ?? untilUs)
        // A timeline may announce any number of segments in a few bytes.
        if (most > left) return []
        left -= most
        const segments = listSegments(period, representation, untilUs)
        return [
          listedSegments(
            segments.map(({ name, startUs, durationUs }) => ({
              name,
              durationUs,
              availabilityUs: originUs === null ? null : originUs + startUs + durationUs,
            })),
            of,
          ),
        ]
      }),
    ),
  )
  return lists.slice(0, MAX_LISTS)
}

/**
 * Availability of a whole segment that ends with the period's beginning (ISO/IEC 23009-1 §5.3.9.5.3): the start of the
 * period, less availabilityTimeOffset unless that is for partial segments. Null without a clock.
 */
function originOf(mpd: Mpd, period: MpdPeriod, representation: MpdRepresentation): number | null {
  if (mpd.type !== 'dynamic' || mpd.availabilityStartTimeUs === null || period.startUs === null) return null
  const { availabilityTimeOffsetUs, availabilityTimeComplete } = representation
  if (!Number.isFinite(availabilityTimeOffsetUs)) return null
  return mpd.availabilityStartTimeUs + period.startUs - (availabilityTimeComplete ? availabilityTimeOffsetUs : 0)
}

/** How much earlier than a whole segment its first part is available. */
function earlyOf({ availabilityTimeOffsetUs, availabilityTimeComplete }: MpdRepresentation): number {
  return availabilityTimeComplete || !Number.isFinite(availabilityTimeOffsetUs) ? 0 : availabilityTimeOffsetUs
}

/** Last number of a template; before a following period, within this one's end. */
function lastNumber(period: MpdPeriod, clock: TemplateAddressing, followed: boolean): number {
  const last = clock.endNumber ?? Number.POSITIVE_INFINITY
  if (!followed || period.durationUs === null) return last
  const count = Math.ceil(((period.durationUs / 1e6) * clock.timescale) / (clock.duration as number) - 1e-6)
  return Math.min(last, clock.startNumber + count - 1)
}

/** A template with a constant duration: positions are segment numbers. */
function templateList(
  representation: MpdRepresentation,
  addressing: TemplateAddressing,
  of: ListPlace,
  originUs: number | null,
  last: number,
): SegmentList {
  const find = segmentFinder(representation)
  const { startNumber, presentationTimeOffset, timescale } = addressing
  const ticks = addressing.duration as number
  const durationUs = Math.round((ticks / timescale) * 1e6)
  const list = {
    positionOf: (name: string) => {
      const number = find(name)?.number ?? null
      return number === null || number > last ? null : number
    },
    nameAt: (number: number) => {
      if (number < startNumber || number > last) return null
      const time = (number - startNumber) * ticks + presentationTimeOffset
      const { id: representationId, bandwidth, baseUrl } = representation
      return resolveReference(baseUrl, expandTemplate(addressing.media, { representationId, bandwidth, number, time }))
    },
    durationUs: () => durationUs,
    availabilityUs: (number: number) =>
      originUs === null ? null : originUs + Math.round(((number - startNumber + 1) * ticks * 1e6) / timescale),
  }
  return { ...list, of, first: list.nameAt(startNumber) }
}
