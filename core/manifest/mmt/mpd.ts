import { XmlWriter } from '../../xml/xml-writer.ts'
import { serialiseXsDateTime, serialiseXsDuration } from '../mpd/time.ts'
import { longestUs, type MmtLane, type MmtPresentation } from './presentation.ts'

/** Segments between the newest and what is played: one arrives, one may be late, one in reserve. */
const DELAY_SEGMENTS = 4

/**
 * The MPD of an MMT service (ISO/IEC 23009-1): one period, an adaptation set for each asset, segments by time. Dynamic while the
 * service goes on; a finished one is static and begins with its first segment.
 */
export function writeMmtMpd(presentation: MmtPresentation): string {
  const { lanes, startUs, finished, nowUs, clockUrl } = presentation
  const segmentUs = Math.max(100_000, longestUs(lanes))
  const bounds = lanes.flatMap(({ segments, timescale }) => {
    const [first, last] = [segments[0], segments.at(-1)]
    return first === undefined || last === undefined
      ? []
      : [{ fromUs: (first.time / timescale) * 1e6, toUs: ((last.time + last.duration) / timescale) * 1e6 }]
  })
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
  writer.open('Period', { id: '1', start: 'PT0S' })
  for (const lane of lanes) writeSet(writer, lane, finished ? fromUs : 0)
  writer.close()
  if (!finished) writer.leaf('UTCTiming', { schemeIdUri: 'urn:mpeg:dash:utc:http-xsdate:2014', value: clockUrl })
  return writer.close().toString()
}

function writeSet(writer: XmlWriter, lane: MmtLane, fromUs: number): void {
  const { id, role, codecs, timescale, dimensions, bandwidthBps, segments } = lane
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
    initialization: '$RepresentationID$/init.mp4',
    media: '$RepresentationID$/$Time$.m4s',
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
