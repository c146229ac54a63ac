import { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import type { InclusiveRange, SegmentAddressing, SegmentClock, TimelineEntry, UrlRange } from './mpd.ts'
import { templateAddress } from './template.ts'
import { US_PER_SECOND } from './time.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

const KINDS = ['SegmentTemplate', 'SegmentList', 'SegmentBase'] as const
type Kind = (typeof KINDS)[number]

/**
 * The addressing of a representation from its levels, outermost first. The innermost segment element determines the kind;
 * missing attributes and children are inherited from outer elements of that kind (§5.3.9.1).
 * @throws CodecError mpd-missing, mpd-number, mpd-template
 */
export function parseAddressing(
  levels: readonly SourceElement[],
  faults: EntryFaults,
): {
  addressing: SegmentAddressing
  segmentElements: readonly SourceElement[]
} {
  let kind: Kind | undefined
  for (const level of levels) kind = KINDS.find((name) => sourceChildren(level, name).length > 0) ?? kind
  if (kind === undefined) return { addressing: { kind: 'single' }, segmentElements: [] }
  const wanted = kind
  const elements = levels.flatMap((level) => sourceChildren(level, wanted).slice(0, 1))
  return { addressing: byKind(wanted, elements, faults), segmentElements: elements }
}

function byKind(kind: Kind, elements: readonly SourceElement[], faults: EntryFaults): SegmentAddressing {
  const initialization = initializationOf(elements)
  if (kind === 'SegmentBase') {
    return {
      kind: 'base',
      initialization,
      indexRange: range(inherited(elements, 'indexRange')),
      timescale: positive(elements, 'timescale') ?? 1,
      presentationTimeOffset: whole(elements, 'presentationTimeOffset') ?? 0,
    }
  }
  if (kind === 'SegmentList') {
    const urls = nearestWith(elements, 'SegmentURL')
    return {
      kind: 'list',
      ...clock(elements, faults),
      initialization,
      urls: urls === null ? [] : urlsOf(urls),
    }
  }
  const media = inherited(elements, 'media')
  if (media === null)
    throw new CodecError('mpd-missing', elements.at(-1)?.start ?? 0, 'a SegmentTemplate has no @media')
  const template = inherited(elements, 'initialization') ?? (initialization?.url || null)
  // Found here, a bad template costs its representation only.
  templateAddress(media)
  if (template !== null) templateAddress(template)
  return { kind: 'template', ...clock(elements, faults), media, initialization: template }
}

/** The availability offsets of a representation from its BaseURL and segment elements, outermost first (§5.3.9.5.1). */
export function parseAvailabilityOffset(elements: readonly SourceElement[]): {
  availabilityTimeOffsetUs: number
  availabilityTimeComplete: boolean
} {
  let us = 0
  for (const element of elements) {
    const text = sourceAttribute(element, 'availabilityTimeOffset')
    if (text === null) continue
    const seconds = text.trim() === 'INF' ? Number.POSITIVE_INFINITY : Number(text)
    if (Number.isNaN(seconds))
      throw new CodecError(
        'mpd-number',
        element.start,
        `@availabilityTimeOffset is not a number: "${text.slice(0, 60)}"`,
      )
    us = Math.max(us, Number.isFinite(seconds) ? Math.round(seconds * US_PER_SECOND) : seconds)
  }
  const complete = inherited(elements, 'availabilityTimeComplete')
  return { availabilityTimeOffsetUs: us, availabilityTimeComplete: complete !== 'false' }
}

function clock(elements: readonly SourceElement[], faults: EntryFaults): SegmentClock {
  const timeline = nearestWith(elements, 'SegmentTimeline')
  return {
    timescale: positive(elements, 'timescale') ?? 1,
    startNumber: whole(elements, 'startNumber') ?? 1,
    endNumber: whole(elements, 'endNumber'),
    presentationTimeOffset: whole(elements, 'presentationTimeOffset') ?? 0,
    duration: positive(elements, 'duration'),
    timeline: timeline === null ? null : timelineIn(timeline, faults),
  }
}

/** Entries and URLs by their segment element, which all representations of a set may share; entries with their faults. */
const TIMELINES = new WeakMap<EntryFaults, Map<SourceElement, readonly TimelineEntry[]>>()
const URLS = new WeakMap<SourceElement, readonly UrlRange[]>()

function timelineIn(segments: SourceElement, faults: EntryFaults): readonly TimelineEntry[] {
  const known = TIMELINES.get(faults) ?? new Map<SourceElement, readonly TimelineEntry[]>()
  TIMELINES.set(faults, known)
  let timeline = known.get(segments)
  if (timeline === undefined) {
    const [element] = sourceChildren(segments, 'SegmentTimeline')
    timeline = element === undefined ? [] : timelineOf(sourceChildren(element, 'S'), faults)
    known.set(segments, timeline)
  }
  return timeline
}

function urlsOf(segments: SourceElement): readonly UrlRange[] {
  let urls = URLS.get(segments)
  if (urls === undefined) {
    urls = sourceChildren(segments, 'SegmentURL').map((url) => ({
      url: sourceAttribute(url, 'media') ?? '',
      range: range(sourceAttribute(url, 'mediaRange')),
    }))
    URLS.set(segments, urls)
  }
  return urls
}

/** The usable entries: one that cannot be used takes those after it along, up to the next with a time of its own. */
function timelineOf(elements: readonly SourceElement[], faults: EntryFaults): TimelineEntry[] {
  let follows = true
  return faults.each('S', elements, (element) => {
    const follow = follows
    follows = false
    const entry = timelineEntry(element)
    if (entry.time === null && !follow)
      throw new CodecError('mpd-missing', element.start, 'it has no @t, and the S before it is left out')
    follows = true
    return entry
  })
}

function timelineEntry(element: SourceElement): TimelineEntry {
  const only = [element]
  const duration = whole(only, 'd')
  if (duration === null) throw new CodecError('mpd-missing', element.start, 'an S of a SegmentTimeline has no @d')
  const repeat = integer(only, 'r') ?? 0
  return { time: whole(only, 't'), number: whole(only, 'n'), duration, repeat: Math.max(-1, repeat) }
}

function initializationOf(elements: readonly SourceElement[]): UrlRange | null {
  const parent = nearestWith(elements, 'Initialization')
  const element = parent === null ? undefined : sourceChildren(parent, 'Initialization')[0]
  if (element === undefined) return null
  return { url: sourceAttribute(element, 'sourceURL') ?? '', range: range(sourceAttribute(element, 'range')) }
}

function nearestWith(elements: readonly SourceElement[], child: string): SourceElement | null {
  return elements.filter((element) => sourceChildren(element, child).length > 0).at(-1) ?? null
}

function inherited(elements: readonly SourceElement[], name: string): string | null {
  for (let index = elements.length - 1; index >= 0; index--) {
    const element = elements[index]
    const value = element === undefined ? null : sourceAttribute(element, name)
    if (value !== null) return value
  }
  return null
}

function integer(elements: readonly SourceElement[], name: string): number | null {
  const text = inherited(elements, name)?.trim() ?? null
  if (text === null) return null
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new CodecError(
      'mpd-number',
      elements.at(-1)?.start ?? 0,
      `@${name} is not a whole number: "${text.slice(0, 60)}"`,
    )
  return value
}

function whole(elements: readonly SourceElement[], name: string): number | null {
  const value = integer(elements, name)
  if (value !== null && value < 0)
    throw new CodecError('mpd-number', elements.at(-1)?.start ?? 0, `@${name} is negative: ${value}`)
  return value
}

function positive(elements: readonly SourceElement[], name: string): number | null {
  const value = whole(elements, name)
  if (value === 0) throw new CodecError('mpd-number', elements.at(-1)?.start ?? 0, `@${name} is zero`)
  return value
}

function range(text: string | null): InclusiveRange | null {
  const found = text === null ? null : /^(\d+)-(\d+)$/.exec(text.trim())
  if (found === null) return null
  const first = Number(found[1])
  const last = Number(found[2])
  return first <= last && Number.isSafeInteger(last) ? [first, last] : null
}
