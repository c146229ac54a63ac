import { XmlWriter } from '../../xml/xml-writer.ts'
import { serialiseXsDateTime, serialiseXsDuration } from '../mpd/time.ts'
import {
  boundariesOf,
  boundsOf,
  longestUs,
  type MmtLane,
  type MmtPresentation,
  type MmtSegment,
  type MmtStretch,
  mmtInitName,
  mmtSegmentPrefix,
  segmentsBetween,
} from './presentation.ts'

/** Segments between the newest and the played one: one arrives, one may be late, one is reserve. */
const DELAY_SEGMENTS = 4

/**
 * The MPD of an MMT service (ISO/IEC 23009-1): one adaptation set per asset, segments by time, and a new period wherever an
 * asset needs another initialisation segment. Dynamic while the service continues; a finished one is static and starts with its
 * first segment.
 */
export function writeMmtMpd(presentation: MmtPresentation): string {
  const { lanes, startUs, finished, nowUs, clockUrl } = presentation
  const segmentUs = Math.max(100_000, longestUs(lanes))
  const bounds = lanes.flatMap(({ stretches }) => stretches.map(boundsOf))
  const fromUs = Math.min(...bounds.map((bound) => bound.fromUs))
  const toUs = Math.max(...bounds.map((bound) => bound.toUs))
  const writer = new XmlWriter()
  const common = {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    minBufferTime: serialiseXsDuration(segmentUs),
    maxSegmentDuration: serialiseXsDuration(segmentUs),
  }
  if (finished) {
    writer.open('MPD', {
      ...common,
      type: 'static',
      mediaPresentationDuration: serialiseXsDuration(Math.round(toUs - fromUs)),
    })
  } else {
    writer.open('MPD', {
      ...common,
      type: 'dynamic',
      availabilityStartTime: serialiseXsDateTime(startUs),
      publishTime: serialiseXsDateTime(nowUs),
      minimumUpdatePeriod: serialiseXsDuration(segmentUs),
      suggestedPresentationDelay: serialiseXsDuration(DELAY_SEGMENTS * segmentUs),
      timeShiftBufferDepth: serialiseXsDuration(Math.round(toUs - fromUs) + DELAY_SEGMENTS * segmentUs),
    })
  }
  const zeroUs = finished ? fromUs : 0
  const starts = [zeroUs, ...boundariesOf(lanes).filter((boundary) => boundary > zeroUs)]
  starts.forEach((start, index) => {
    const next = starts[index + 1]
    const first = index === 0
    // The first period includes all segments before its boundary: media time 0 of a live service is before its start.
    const inside = (stretch: MmtStretch): MmtSegment[] =>
      segmentsBetween(stretch, first ? Number.NEGATIVE_INFINITY : start, next ?? Number.POSITIVE_INFINITY)
    const sets = lanes.flatMap((lane) => {
      // Of two stretches within a boundary's tolerance, the longer one in the period.
      const [most] = lane.stretches
        .map((stretch) => ({ lane, stretch, segments: inside(stretch) }))
        .filter(({ segments }) => segments.length > 0)
        .sort((one, other) => other.segments.length - one.segments.length)
      return most === undefined ? [] : [most]
    })
    if (sets.length === 0) return
    writer.open('Period', { id: periodId(start, first), start: serialiseXsDuration(Math.round(start - zeroUs)) })
    for (const { lane, stretch, segments } of sets) writeSet(writer, lane, stretch, segments, start)
    writer.close()
  })
  if (!finished) writer.leaf('UTCTiming', { schemeIdUri: 'urn:mpeg:dash:utc:http-xsdate:2014', value: clockUrl })
  return writer.close().toString()
}

/** A period keeps its id when earlier ones are removed. */
function periodId(startUs: number, first: boolean): string {
  return first ? '1' : `p${Math.round(startUs / 1000)}`
}

function writeSet(
  writer: XmlWriter,
  { id, role }: MmtLane,
  stretch: MmtStretch,
  segments: readonly MmtSegment[],
  fromUs: number,
): void {
  const { number, codecs, timescale, dimensions, bandwidthBps } = stretch
  const mimeType = role === 'text' ? 'application/mp4' : `${role}/mp4`
  writer.open('AdaptationSet', {
    id: id.replace('asset', ''),
    contentType: role,
    mimeType,
    segmentAlignment: true,
    startWithSAP: 1,
  })
  writer.open('Representation', { id, codecs, bandwidth: Math.max(1, Math.round(bandwidthBps)), ...dimensions })
  const offset = Math.round((fromUs / 1e6) * timescale)
  writer.open('SegmentTemplate', {
    timescale,
    ...(offset === 0 ? {} : { presentationTimeOffset: offset }),
    initialization: `$RepresentationID$/${mmtInitName(number)}`,
    media: `$RepresentationID$/${mmtSegmentPrefix(number)}$Time$.m4s`,
  })
  writer.open('SegmentTimeline')
  for (let at = 0; at < segments.length; ) {
    const { time, duration } = segments[at] as { time: number; duration: number }
    let repeat = 0
    for (let end = time + duration; ; end += duration) {
      const next = segments[at + repeat + 1]
      if (next === undefined || next.time !== end || next.duration !== duration) break
      repeat++
    }
    writer.leaf('S', { t: time, d: duration, ...(repeat === 0 ? {} : { r: repeat }) })
    at += repeat + 1
  }
  writer.close().close().close().close()
}
