import type { Mpd, MpdPeriod, MpdRepresentation } from './mpd.ts'
import { writeSegments } from './segment-writer.ts'
import { initSegment, listSegments, type MpdSegment } from './segments.ts'
import { type StoredNames, segmentsAmong } from './stored-segments.ts'
import { TextEdits } from './text-edits.ts'
import { serialiseXsDuration, US_PER_SECOND } from './time.ts'
import { type SourceElement, sourceChildren } from './xml-source.ts'

/** `as-sent`: nothing need be changed. `empty`: nothing that could be played is there. */
export type WindowedMpd =
  | { readonly kind: 'as-sent' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'rewritten'; readonly text: string }

type KeptRepresentation = { readonly representation: MpdRepresentation; readonly segments: readonly MpdSegment[] }

/**
 * The presentation of a session that is over: static, from the first moment that can be played to the last, listing the
 * segments that are there. Representations without a whole segment (or without their initialisation segment) are left out,
 * and sets and periods without representations. Segments lost on the way are gaps of the timeline.
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function staticWindow(mpd: Mpd, names: StoredNames): WindowedMpd {
  if (mpd.type === 'static' && isAllThere(mpd, names)) return { kind: 'as-sent' }
  const edits = new TextEdits()
  const removed = new Set<SourceElement>()
  let totalUs = 0
  for (const period of mpd.periods) {
    const lengthUs = windowPeriod(edits, period, names, removed)
    if (lengthUs === 0) edits.replaceElement(period.element, '')
    totalUs += lengthUs
  }
  if (totalUs === 0) return { kind: 'empty' }
  const { root } = mpd.document
  edits.setAttribute(root, 'type', 'static')
  for (const name of LIVE_ATTRIBUTES) edits.removeAttribute(root, name)
  edits.setAttribute(root, 'mediaPresentationDuration', serialiseXsDuration(totalUs))
  for (const name of LIVE_ELEMENTS) for (const element of sourceChildren(root, name)) edits.replaceElement(element, '')
  return { kind: 'rewritten', text: edits.apply(mpd.document) }
}

const LIVE_ATTRIBUTES = [
  'availabilityStartTime',
  'availabilityEndTime',
  'publishTime',
  'minimumUpdatePeriod',
  'timeShiftBufferDepth',
  'suggestedPresentationDelay',
]
const LIVE_ELEMENTS = ['Location', 'PatchLocation', 'UTCTiming']

/** @returns length of the period that is left, µs; 0 where nothing is */
function windowPeriod(edits: TextEdits, period: MpdPeriod, names: StoredNames, removed: Set<SourceElement>): number {
  const sets = period.adaptationSets.map((set) => ({
    set,
    kept: set.representations.flatMap((representation) => keptOf(period, representation, names)),
  }))
  const playing = sets.filter(({ kept }) => kept.length > 0)
  if (playing.length === 0) return 0
  const media = playing.filter(({ set }) => set.contentType === 'video' || set.contentType === 'audio')
  // From where every set that must play can: an earlier start would stand still on the one that begins later.
  const startUs = Math.max(...(media.length > 0 ? media : playing).map(({ kept }) => Math.min(...kept.map(startOf))))
  const endUs = Math.max(...playing.flatMap(({ kept }) => kept.map((one) => endOf(period, one))))
  if (endUs <= startUs) return 0
  for (const { set, kept } of sets) {
    if (kept.length === 0) edits.replaceElement(set.element, '')
    for (const representation of set.representations) {
      const one = kept.find((candidate) => candidate.representation === representation)
      if (one === undefined) edits.replaceElement(representation.element, '')
      else rewrite(edits, one, startUs, removed)
    }
  }
  edits.removeAttribute(period.element, 'start')
  edits.setAttribute(period.element, 'duration', serialiseXsDuration(endUs - startUs))
  return endUs - startUs
}

function rewrite(edits: TextEdits, kept: KeptRepresentation, startUs: number, removed: Set<SourceElement>): void {
  const { representation } = kept
  const { addressing } = representation
  if (addressing.kind === 'single' || addressing.kind === 'base') return
  const inside = kept.segments.filter((segment) => segment.startUs + segment.durationUs > startUs)
  const ticks = Math.round((startUs / US_PER_SECOND) * addressing.timescale)
  const last = kept.segments.slice(-1)
  writeSegments(
    edits,
    representation,
    inside.length > 0 ? inside : last,
    addressing.presentationTimeOffset + ticks,
    removed,
  )
}

function keptOf(period: MpdPeriod, representation: MpdRepresentation, names: StoredNames): KeptRepresentation[] {
  const { addressing, baseUrl } = representation
  if (addressing.kind === 'single' || addressing.kind === 'base')
    return names.has(baseUrl) ? [{ representation, segments: [] }] : []
  const init = initSegment(representation)
  if (init !== null && !names.has(init.name)) return []
  // Ranges of one file are there when the file is.
  const segments =
    addressing.kind === 'list'
      ? listSegments(period, representation).filter((segment) => names.has(segment.name))
      : segmentsAmong(period, representation, names.whole())
  return segments.length === 0 ? [] : [{ representation, segments }]
}

function startOf(kept: KeptRepresentation): number {
  return kept.segments[0]?.startUs ?? 0
}

function endOf(period: MpdPeriod, kept: KeptRepresentation): number {
  const last = kept.segments.at(-1)
  const endUs = last === undefined ? (period.durationUs ?? 0) : last.startUs + last.durationUs
  return Math.min(endUs, period.durationUs ?? endUs)
}

function isAllThere(mpd: Mpd, names: StoredNames): boolean {
  if (mpd.locations.length > 0) return false
  return mpd.periods.every((period) =>
    period.adaptationSets.every((set) =>
      set.representations.every((representation) => {
        const init = initSegment(representation)
        if (init !== null && !names.has(init.name)) return false
        const segments = listSegments(period, representation)
        return segments.length > 0 && segments.every((segment) => names.has(segment.name))
      }),
    ),
  )
}
