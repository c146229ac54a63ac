import type { Mpd, MpdPeriod, MpdRepresentation } from './mpd.ts'
import { writeSegments } from './segment-writer.ts'
import { checkSegments, initSegment, listedSpans, listSegments, type MpdSegment, namedSegment } from './segments.ts'
import { isUnbroken, type StoredNames, segmentsAmong } from './stored-segments.ts'
import { TextEdits } from './text-edits.ts'
import { serialiseXsDuration, US_PER_SECOND } from './time.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

const LIVE_ATTRIBUTES = [
  'availabilityStartTime',
  'availabilityEndTime',
  'publishTime',
  'minimumUpdatePeriod',
  'timeShiftBufferDepth',
  'suggestedPresentationDelay',
]
const LIVE_ELEMENTS = ['Location', 'PatchLocation', 'UTCTiming']
/** Segments looked up in all; a presentation of more is written anew. */
const MAX_VISITED = 1 << 20
/** The live profile requires a template; a SegmentList needs the full profile (ISO/IEC 23009-1 §8.2, §8.4). */
const FULL_PROFILE = 'urn:mpeg:dash:profile:full:2011'

/** `as-sent`: no change is needed. `empty`: nothing playable is stored. */
export type WindowedMpd =
  | { readonly kind: 'as-sent' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'rewritten'; readonly text: string }

/**
 * The presentation of a finished session: static, from the first playable moment to the last, listing the stored segments.
 * Leaves out representations without a whole segment (or without their initialisation segment), and sets and periods without
 * representations. Lost segments are gaps of the timeline.
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function staticWindow(mpd: Mpd, names: StoredNames): WindowedMpd {
  const { root, text } = mpd.document
  checkSegments(mpd)
  if (mpd.type === 'static' && isAllThere(mpd, names)) return { kind: 'as-sent' }
  const edits = new TextEdits()
  let totalUs = 0
  let hasLists = false
  for (const period of mpd.periods) {
    const window = windowOf(period, names)
    if (window === null) edits.replaceElement(period.element, '')
    else {
      totalUs += window.endUs - window.startUs
      hasLists ||= window.kept.some(({ representation, segments }) => !isUnbroken(representation, segments))
      editPeriod(edits, period, window)
    }
  }
  if (totalUs === 0) return { kind: 'empty' }
  edits.setAttribute(root, 'type', 'static')
  for (const name of LIVE_ATTRIBUTES) edits.removeAttribute(root, name)
  edits.setAttribute(root, 'mediaPresentationDuration', serialiseXsDuration(totalUs))
  if (hasLists) edits.setAttribute(root, 'profiles', FULL_PROFILE)
  for (const name of LIVE_ELEMENTS) for (const element of sourceChildren(root, name)) edits.replaceElement(element, '')
  removeOffsets(edits, root)
  return { kind: 'rewritten', text: edits.apply(text) }
}

type Kept = { readonly representation: MpdRepresentation; readonly segments: readonly MpdSegment[] }

/** The remaining part of a period; µs from its start. */
type Window = { readonly startUs: number; readonly endUs: number; readonly kept: readonly Kept[] }

function windowOf(period: MpdPeriod, names: StoredNames): Window | null {
  const sets = period.adaptationSets.map((set) => ({
    isMedia: set.contentType === 'video' || set.contentType === 'audio',
    kept: set.representations.flatMap((representation) => keptOf(period, representation, names)),
  }))
  const playing = sets.filter(({ kept }) => kept.length > 0)
  if (playing.length === 0) return null
  const media = playing.filter(({ isMedia }) => isMedia)
  // The start at which every required set is playable: with an earlier one, players would wait for the latest.
  const starts = (media.length > 0 ? media : playing).map(({ kept }) => least(kept.map(startOf)))
  const startUs = Math.max(0, ...starts)
  const kept = playing
    .flatMap((set) => set.kept)
    .map(({ representation, segments }) => ({
      representation,
      segments: segments.filter((segment) => segment.startUs + segment.durationUs > startUs),
    }))
    .filter(({ representation, segments }) => segments.length > 0 || isOneFile(representation))
  const endUs = kept.reduce((us, one) => Math.max(us, endOf(period, one)), 0)
  return endUs > startUs ? { startUs, endUs, kept } : null
}

function editPeriod(edits: TextEdits, period: MpdPeriod, { startUs, endUs, kept }: Window): void {
  const byRepresentation = new Map(kept.map((one) => [one.representation, one]))
  const done = new Set<SourceElement>()
  for (const set of period.adaptationSets) {
    if (!set.representations.some((representation) => byRepresentation.has(representation))) {
      edits.replaceElement(set.element, '')
      continue
    }
    for (const representation of set.representations) {
      const one = byRepresentation.get(representation)
      if (one === undefined) edits.replaceElement(representation.element, '')
      else rewrite(edits, one, startUs, done)
    }
  }
  // Event times count from the period's start, which has moved.
  for (const stream of sourceChildren(period.element, 'EventStream')) moveEvents(edits, stream, startUs)
  edits.removeAttribute(period.element, 'start')
  edits.setAttribute(period.element, 'duration', serialiseXsDuration(endUs - startUs))
}

/** @param done segment elements already removed: several representations may inherit one */
function rewrite(edits: TextEdits, kept: Kept, startUs: number, done: Set<SourceElement>): void {
  const { representation, segments } = kept
  const { addressing } = representation
  if (addressing.kind === 'single') return
  const originTicks = addressing.presentationTimeOffset + Math.round((startUs / US_PER_SECOND) * addressing.timescale)
  if (addressing.kind === 'base') {
    for (const base of representation.segmentElements.slice(-1))
      edits.setAttribute(base, 'presentationTimeOffset', String(originTicks))
  } else writeSegments(edits, representation, segments, originTicks, done)
}

function moveEvents(edits: TextEdits, stream: SourceElement, byUs: number): void {
  const timescale = Number(sourceAttribute(stream, 'timescale') ?? 1)
  const offset = Number(sourceAttribute(stream, 'presentationTimeOffset') ?? 0)
  const moved = Math.round(offset + (byUs / US_PER_SECOND) * timescale)
  if (byUs > 0 && Number.isSafeInteger(moved)) edits.setAttribute(stream, 'presentationTimeOffset', String(moved))
}

function removeOffsets(edits: TextEdits, element: SourceElement): void {
  if (element.name === 'BaseURL' || element.name === 'SegmentBase')
    for (const name of ['availabilityTimeOffset', 'availabilityTimeComplete', 'timeShiftBufferDepth'])
      edits.removeAttribute(element, name)
  for (const child of element.children) removeOffsets(edits, child)
}

function keptOf(period: MpdPeriod, representation: MpdRepresentation, names: StoredNames): Kept[] {
  const { addressing, baseUrl } = representation
  if (names.carries?.(representation.id) === false) return []
  if (isOneFile(representation)) return names.has(baseUrl) ? [{ representation, segments: [] }] : []
  const init = initSegment(representation)
  if (init !== null && !names.has(init.name)) return []
  // Ranges of one file are stored when the file is.
  const segments =
    addressing.kind === 'list'
      ? listSegments(period, representation).filter((segment) => names.has(segment.name))
      : segmentsAmong(period, representation, names.whole())
  return segments.length === 0 ? [] : [{ representation, segments }]
}

function isOneFile({ addressing }: MpdRepresentation): boolean {
  return addressing.kind === 'single' || addressing.kind === 'base'
}

function startOf({ segments }: Kept): number {
  return segments[0]?.startUs ?? 0
}

function endOf(period: MpdPeriod, { segments }: Kept): number {
  const last = segments.at(-1)
  const endUs = last === undefined ? (period.durationUs ?? 0) : last.startUs + last.durationUs
  return Math.min(endUs, period.durationUs ?? endUs)
}

function isAllThere(mpd: Mpd, names: StoredNames): boolean {
  let left = MAX_VISITED
  return mpd.periods.every((period) =>
    period.adaptationSets.every((set) =>
      set.representations.every((representation) => {
        if (names.carries?.(representation.id) === false) return false
        const init = initSegment(representation)
        if (init !== null && !names.has(init.name)) return false
        const { addressing, baseUrl } = representation
        if (addressing.kind !== 'template' && addressing.kind !== 'list') return names.has(baseUrl)
        const spans = listedSpans(period, addressing)
        left -= spans.length
        // One name after the other: a list of which the first is missing is not spelled out.
        return (
          spans.length > 0 &&
          left >= 0 &&
          spans.every((span, index) => names.has(namedSegment(representation, span, index).name))
        )
      }),
    ),
  )
}

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
