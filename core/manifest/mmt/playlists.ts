import { serialiseXsDateTime } from '../mpd/time.ts'
import {
  boundariesOf,
  type MmtLane,
  type MmtPresentation,
  type MmtStretch,
  mmtInitName,
  mmtSegmentPrefix,
} from './presentation.ts'

/** The HLS master playlist of an MMT service (RFC 8216): one variant per video, with all audio as renditions. */
export function writeMmtMaster({ lanes }: MmtPresentation): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS']
  const videos = lanes.filter((lane) => lane.role === 'video')
  const audios = lanes.filter((lane) => lane.role === 'audio')
  const beside = videos.length > 0 ? audios : []
  beside.forEach((lane, index) => {
    const isDefault = index === 0 ? 'YES' : 'NO'
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${lane.id}",DEFAULT=${isDefault},AUTOSELECT=YES,URI="${lane.id}/index.m3u8"`,
    )
  })
  const sound = Math.max(0, ...beside.map((lane) => newest(lane).bandwidthBps))
  for (const lane of videos.length > 0 ? videos : audios) {
    const codecs = [...new Set([lane, ...beside].flatMap(codecsOf))].join()
    const { dimensions, bandwidthBps } = newest(lane)
    const size = dimensions === null ? '' : `,RESOLUTION=${dimensions.width}x${dimensions.height}`
    const group = beside.length === 0 ? '' : ',AUDIO="audio"'
    const bandwidth = Math.max(1, Math.round(bandwidthBps + sound))
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},CODECS="${codecs}"${size}${group}`, `${lane.id}/index.m3u8`)
  }
  return `${lines.join('\n')}\n`
}

function newest({ stretches }: MmtLane): MmtStretch {
  return stretches.at(-1) as MmtStretch
}

function codecsOf({ stretches }: MmtLane): string[] {
  return stretches.map(({ codecs }) => codecs)
}

/** Segments and stretches removed before the first listed one. */
export type MmtDropped = { readonly segments: number; readonly stretches: number }

/** Ends closer than this are the same, s. */
const CLOSE_S = 0.001

/**
 * The media playlist of one asset. Where any asset of the service needs another initialisation segment, all playlists have a
 * discontinuity (RFC 8216 §6.2.4).
 */
export function writeMmtPlaylist(presentation: MmtPresentation, lane: MmtLane, dropped: MmtDropped): string {
  const { startUs, finished, lanes } = presentation
  const { stretches } = lane
  const lasting = stretches.flatMap(({ segments, timescale }) => segments.map(({ duration }) => duration / timescale))
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(Math.max(1, ...lasting))}`,
    `#EXT-X-MEDIA-SEQUENCE:${dropped.segments}`,
    ...(dropped.stretches === 0 ? [] : [`#EXT-X-DISCONTINUITY-SEQUENCE:${dropped.stretches}`]),
  ]
  const boundaries = boundariesOf(lanes)
  let end = -1
  for (const { number, segments, timescale } of stretches) {
    let mapped = false
    for (const { time, duration } of segments) {
      const at = time / timescale
      const crossed = boundaries[0] !== undefined && at >= boundaries[0] / 1e6 - MIDDLE * (duration / timescale)
      while (boundaries[0] !== undefined && at >= boundaries[0] / 1e6 - MIDDLE * (duration / timescale))
        boundaries.shift()
      const joins = Math.abs(at - end) < CLOSE_S
      if (end >= 0 && (!joins || crossed || !mapped)) lines.push('#EXT-X-DISCONTINUITY')
      if (!mapped) lines.push(`#EXT-X-MAP:URI="${mmtInitName(number)}"`)
      if (!joins || !mapped)
        lines.push(`#EXT-X-PROGRAM-DATE-TIME:${serialiseXsDateTime(startUs + Math.round(at * 1e6))}`)
      mapped = true
      lines.push(`#EXTINF:${(duration / timescale).toFixed(6)},`, `${mmtSegmentPrefix(number)}${time}.m4s`)
      end = at + duration / timescale
    }
  }
  if (finished) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

/** A segment with the boundary in its first half belongs after it. */
const MIDDLE = 0.5
