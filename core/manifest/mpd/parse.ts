import { CodecError } from '../../bytes/codec-error.ts'
import { resolveReference } from '../reference.ts'
import { parseAddressing, parseAvailabilityOffset } from './addressing.ts'
import type { Mpd, MpdAdaptationSet, MpdPeriod, MpdRepresentation } from './mpd.ts'
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

/**
 * Reads an MPD: its values with inheritance and BaseURL resolved, and their positions.
 * @param name of the MPD itself, against which segment names are resolved (`dash/live.mpd` gives `dash/1.m4s`)
 * @throws CodecError xml-… (not well-formed), mpd-root, mpd-too-large, mpd-duration, mpd-date-time, mpd-number, mpd-missing …
 */
export function parseMpd(bytes: Uint8Array, name = ''): Mpd {
  if (bytes.byteLength > MAX_MPD_BYTES)
    throw new CodecError(
      'mpd-too-large',
      0,
      `an MPD of ${bytes.byteLength} bytes is over the limit of ${MAX_MPD_BYTES}`,
    )
  return mpdOf(parseXmlSource(bytes), name)
}

/**
 * Reads the values of an MPD that has been parsed for editing.
 * @throws CodecError as parseMpd
 */
export function mpdOf(document: SourceDocument, name = ''): Mpd {
  const { root } = document
  if (root.name !== 'MPD')
    throw new CodecError('mpd-root', 0, `expected an MPD, got <${root.qualifiedName.slice(0, 60)}>`)
  const type = sourceAttribute(root, 'type') === 'dynamic' ? 'dynamic' : 'static'
  const mediaPresentationDurationUs = duration(root, 'mediaPresentationDuration')
  const base = nearestBase(name.slice(0, name.lastIndexOf('/') + 1), document, root)
  return {
    type,
    availabilityStartTimeUs: dateTime(root, 'availabilityStartTime'),
    availabilityEndTimeUs: dateTime(root, 'availabilityEndTime'),
    publishTimeUs: dateTime(root, 'publishTime'),
    minimumUpdatePeriodUs: duration(root, 'minimumUpdatePeriod'),
    timeShiftBufferDepthUs: duration(root, 'timeShiftBufferDepth'),
    suggestedPresentationDelayUs: duration(root, 'suggestedPresentationDelay'),
    mediaPresentationDurationUs,
    maxSegmentDurationUs: duration(root, 'maxSegmentDuration'),
    locations: sourceChildren(root, 'Location').map((element) => sourceText(document, element)),
    utcTimings: sourceChildren(root, 'UTCTiming').map((element) => ({
      scheme: sourceAttribute(element, 'schemeIdUri') ?? '',
      value: sourceAttribute(element, 'value') ?? '',
    })),
    periods: parsePeriods(document, type, mediaPresentationDurationUs, base),
    document,
  }
}

function parsePeriods(document: SourceDocument, type: Mpd['type'], totalUs: number | null, base: string): MpdPeriod[] {
  const elements = sourceChildren(document.root, 'Period')
  const starts: (number | null)[] = []
  elements.forEach((element, index) => {
    const own = duration(element, 'start')
    const before = elements[index - 1]
    const startBefore = starts[index - 1]
    const durationBefore = before === undefined ? null : duration(before, 'duration')
    if (own !== null) starts.push(own)
    else if (index === 0) starts.push(type === 'static' ? 0 : null)
    else starts.push(startBefore != null && durationBefore !== null ? startBefore + durationBefore : null)
  })
  return elements.map((element, index) => {
    const startUs = starts[index] ?? null
    const nextUs = starts[index + 1] ?? null
    const own = duration(element, 'duration')
    const isLast = index === elements.length - 1
    const endUs = nextUs ?? (isLast ? totalUs : null)
    return {
      id: sourceAttribute(element, 'id'),
      startUs,
      durationUs: nextUs === null && own !== null ? own : startUs !== null && endUs !== null ? endUs - startUs : own,
      adaptationSets: sourceChildren(element, 'AdaptationSet').map((set) =>
        parseAdaptationSet(document, element, set, nearestBase(base, document, element)),
      ),
      element,
    }
  })
}

function parseAdaptationSet(
  document: SourceDocument,
  period: SourceElement,
  element: SourceElement,
  periodBase: string,
): MpdAdaptationSet {
  const base = nearestBase(periodBase, document, element)
  const mimeType = sourceAttribute(element, 'mimeType')
  const representations = sourceChildren(element, 'Representation').map((child) =>
    parseRepresentation(document, period, element, child, base),
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
): MpdRepresentation {
  const id = sourceAttribute(element, 'id')
  if (id === null) throw new CodecError('mpd-missing', element.start, 'a Representation has no @id')
  const either = (name: string): string | null => sourceAttribute(element, name) ?? sourceAttribute(set, name)
  const mimeType = either('mimeType')
  const { addressing, segmentElements } = parseAddressing([period, set, element])
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

function nearestBase(above: string, document: SourceDocument, element: SourceElement): string {
  const own = sourceChildren(element, 'BaseURL')[0]
  return own === undefined ? above : resolveReference(above, sourceText(document, own))
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
