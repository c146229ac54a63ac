import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { resolveReference } from '../reference.ts'
import { parseAddressing, parseAvailabilityOffset } from './addressing.ts'
import type { Mpd, MpdAdaptationSet, MpdPeriod, MpdRepresentation } from './mpd.ts'
import { isResolvedToZero } from './mpd-elements.ts'
import { parseXsDateTime, parseXsDuration } from './time.ts'
import {
  parseXmlSource,
  type SourceDocument,
  type SourceElement,
  sourceAttribute,
  sourceChildren,
  sourceText,
} from './xml-source.ts'

/** Larger manifests are refused before parsing. */
export const MAX_MPD_BYTES = 8 * 1024 * 1024
/** Representations, and SegmentURLs of all of them: some 40 times those of the largest channels. */
const MAX_REPRESENTATIONS = 4096
const MAX_URLS = 1 << 20

/**
 * Reads an MPD: its values with inheritance and BaseURL resolved, and their positions.
 * A Period, a Representation or a time that cannot be used is left out; all times of a live MPD count from availabilityStartTime.
 * @param name of the MPD itself, against which segment names are resolved (`dash/live.mpd` gives `dash/1.m4s`)
 * @throws CodecError xml-… (not well-formed), mpd-root, mpd-too-large, mpd-date-time (availabilityStartTime)
 */
export function parseMpd(bytes: Uint8Array, name = '', faults = new EntryFaults()): Mpd {
  if (bytes.byteLength > MAX_MPD_BYTES)
    throw new CodecError(
      'mpd-too-large',
      0,
      `an MPD of ${bytes.byteLength} bytes is over the limit of ${MAX_MPD_BYTES}`,
    )
  return mpdOf(parseXmlSource(bytes, faults), name, faults)
}

/**
 * Reads the values of an MPD that has been parsed for editing.
 * @throws CodecError as parseMpd
 */
export function mpdOf(document: SourceDocument, name = '', faults = new EntryFaults()): Mpd {
  const { root } = document
  checkSize(root)
  if (root.name !== 'MPD')
    throw new CodecError('mpd-root', 0, `expected an MPD, got <${root.qualifiedName.slice(0, 60)}>`)
  const type = sourceAttribute(root, 'type') === 'dynamic' ? 'dynamic' : 'static'
  const timeOf = (attribute: string, read: (element: SourceElement, name: string) => number | null): number | null =>
    faults.part(`@${attribute}`, () => read(root, attribute))
  const mediaPresentationDurationUs = timeOf('mediaPresentationDuration', duration)
  const base = nearestBase(name.slice(0, name.lastIndexOf('/') + 1), document, root)
  return {
    type,
    availabilityStartTimeUs: dateTime(root, 'availabilityStartTime'),
    availabilityEndTimeUs: timeOf('availabilityEndTime', dateTime),
    publishTimeUs: timeOf('publishTime', dateTime),
    minimumUpdatePeriodUs: timeOf('minimumUpdatePeriod', duration),
    timeShiftBufferDepthUs: timeOf('timeShiftBufferDepth', duration),
    suggestedPresentationDelayUs: timeOf('suggestedPresentationDelay', duration),
    mediaPresentationDurationUs,
    maxSegmentDurationUs: timeOf('maxSegmentDuration', duration),
    locations: sourceChildren(root, 'Location').map((element) => sourceText(document, element)),
    utcTimings: sourceChildren(root, 'UTCTiming').map((element) => ({
      scheme: sourceAttribute(element, 'schemeIdUri') ?? '',
      value: sourceAttribute(element, 'value') ?? '',
    })),
    periods: parsePeriods(document, type, mediaPresentationDurationUs, base, faults),
    document,
  }
}

/** Refuses a manifest of more representations, or more SegmentURLs of all of them, than any player takes. */
function checkSize(root: SourceElement): void {
  let representations = 0
  let urls = 0
  const listed = (element: SourceElement): number =>
    sourceChildren(element, 'SegmentList').reduce((sum, list) => sum + sourceChildren(list, 'SegmentURL').length, 0)
  for (const period of sourceChildren(root, 'Period')) {
    for (const set of sourceChildren(period, 'AdaptationSet')) {
      const own = sourceChildren(set, 'Representation')
      representations += own.length
      const above = listed(set) || listed(period)
      for (const representation of own) urls += listed(representation) || above
    }
  }
  if (representations > MAX_REPRESENTATIONS)
    throw new CodecError('mpd-too-large', 0, `${representations} representations, ${MAX_REPRESENTATIONS} are read`)
  if (urls > MAX_URLS) throw new CodecError('mpd-too-large', 0, `${urls} SegmentURLs, ${MAX_URLS} are read`)
}

function parsePeriods(
  document: SourceDocument,
  type: Mpd['type'],
  totalUs: number | null,
  base: string,
  faults: EntryFaults,
): MpdPeriod[] {
  const elements = sourceChildren(document.root, 'Period').filter((element) => !isResolvedToZero(element))
  const all = elements.map((element) => ({ element, ...timesOf(element) }))
  const starts: (number | null)[] = []
  all.forEach(({ startUs: own }, index) => {
    const startBefore = starts[index - 1]
    const durationBefore = all[index - 1]?.durationUs ?? null
    if (own !== null) starts.push(own)
    else if (index === 0) starts.push(type === 'static' ? 0 : null)
    else starts.push(startBefore != null && durationBefore !== null ? startBefore + durationBefore : null)
  })
  let index = -1
  return faults.each('Period', all, ({ element, durationUs: own, fault }) => {
    index++
    if (fault !== null) throw fault
    const startUs = starts[index] ?? null
    const nextUs = starts[index + 1] ?? null
    const isLast = index === elements.length - 1
    const endUs = nextUs ?? (isLast ? totalUs : null)
    return {
      id: sourceAttribute(element, 'id'),
      startUs,
      durationUs: nextUs === null && own !== null ? own : startUs !== null && endUs !== null ? endUs - startUs : own,
      adaptationSets: faults.each('AdaptationSet', setsOf(element), (set) =>
        parseAdaptationSet(document, element, set, nearestBase(base, document, element), faults),
      ),
      element,
    }
  })
}

/** Sets of a period that are here, or lie elsewhere. */
function setsOf(period: SourceElement): readonly SourceElement[] {
  return sourceChildren(period, 'AdaptationSet').filter((set) => !isResolvedToZero(set))
}

/** Times of a Period as written; `fault`: one of them is none. */
function timesOf(element: SourceElement): {
  readonly startUs: number | null
  readonly durationUs: number | null
  readonly fault: CodecError | null
} {
  try {
    return { startUs: duration(element, 'start'), durationUs: duration(element, 'duration'), fault: null }
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    return { startUs: null, durationUs: null, fault: thrown }
  }
}

function parseAdaptationSet(
  document: SourceDocument,
  period: SourceElement,
  element: SourceElement,
  periodBase: string,
  faults: EntryFaults,
): MpdAdaptationSet {
  const base = nearestBase(periodBase, document, element)
  const mimeType = sourceAttribute(element, 'mimeType')
  const representations = faults.each('Representation', sourceChildren(element, 'Representation'), (child) =>
    parseRepresentation(document, period, element, child, base, faults),
  )
  return {
    id: sourceAttribute(element, 'id'),
    contentType:
      sourceAttribute(element, 'contentType') ?? mainType(mimeType) ?? representations[0]?.contentType ?? null,
    mimeType,
    lang: sourceAttribute(element, 'lang'),
    representations,
    element,
  }
}

function parseRepresentation(
  document: SourceDocument,
  period: SourceElement,
  set: SourceElement,
  element: SourceElement,
  setBase: string,
  faults: EntryFaults,
): MpdRepresentation {
  const id = sourceAttribute(element, 'id')
  if (id === null) throw new CodecError('mpd-missing', element.start, 'a Representation has no @id')
  const either = (name: string): string | null => sourceAttribute(element, name) ?? sourceAttribute(set, name)
  const mimeType = either('mimeType')
  const { addressing, segmentElements } = parseAddressing([period, set, element], faults)
  // Period, AdaptationSet and Representation may have the offset on a BaseURL and on their segment element.
  const bases = [document.root, period, set, element].flatMap((level) => sourceChildren(level, 'BaseURL').slice(0, 1))
  return {
    id,
    bandwidth: number(element, 'bandwidth'),
    mimeType,
    codecs: either('codecs'),
    contentType: sourceAttribute(set, 'contentType') ?? mainType(mimeType),
    width: number(element, 'width') ?? number(set, 'width'),
    height: number(element, 'height') ?? number(set, 'height'),
    lang: either('lang'),
    baseUrl: nearestBase(setBase, document, element),
    addressing,
    ...parseAvailabilityOffset([...bases, ...segmentElements]),
    element,
    segmentElements,
  }
}

/** Longest BaseURL, resolved. */
const MAX_BASE = 4096

function nearestBase(above: string, document: SourceDocument, element: SourceElement): string {
  const own = sourceChildren(element, 'BaseURL')[0]
  if (own === undefined) return above
  const text = sourceText(document, own)
  const base = text.length > MAX_BASE ? text : resolveReference(above, text)
  if (base.length > MAX_BASE)
    throw new CodecError('mpd-too-large', own.start, `a BaseURL has more than ${MAX_BASE} characters`)
  return base
}

function mainType(mimeType: string | null): string | null {
  const main = mimeType?.split('/', 1)[0] ?? null
  return main === 'video' || main === 'audio' || main === 'text' || main === 'image' ? main : null
}

function duration(element: SourceElement, name: string): number | null {
  const text = sourceAttribute(element, name)
  return text === null ? null : parseXsDuration(text)
}

function dateTime(element: SourceElement, name: string): number | null {
  const text = sourceAttribute(element, name)
  return text === null ? null : parseXsDateTime(text)
}

function number(element: SourceElement, name: string): number | null {
  const text = sourceAttribute(element, name)
  if (text === null) return null
  const value = Number(text)
  if (!Number.isFinite(value))
    throw new CodecError('mpd-number', element.start, `@${name} is not a number: "${text.slice(0, 60)}"`)
  return value
}
