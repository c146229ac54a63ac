import { serialiseXsDateTime } from '../mpd/time.ts'
import type { MmtLane, MmtPresentation } from './presentation.ts'

/** The HLS master playlist of an MMT service (RFC 8216): one variant for each video, with all sound beside it. */
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
  const sound = Math.max(0, ...beside.map((lane) => lane.bandwidthBps))
  for (const lane of videos.length > 0 ? videos : audios) {
    const codecs = [...new Set([lane.codecs, ...beside.map((each) => each.codecs)])].join()
    const size = lane.dimensions === null ? '' : `,RESOLUTION=${lane.dimensions.width}x${lane.dimensions.height}`
    const group = beside.length === 0 ? '' : ',AUDIO="audio"'
    const bandwidth = Math.max(1, Math.round(lane.bandwidthBps + sound))
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},CODECS="${codecs}"${size}${group}`, `${lane.id}/index.m3u8`)
  }
  return `${lines.join('\n')}\n`
}

/**
 * The media playlist of one asset.
 * @param dropped segments that went before the first that is listed
 */
export function writeMmtPlaylist({ startUs, finished }: MmtPresentation, lane: MmtLane, dropped: number): string {
  const { segments, timescale } = lane
  const target = segments.reduce((most, { duration }) => Math.max(most, duration / timescale), 1)
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(target)}`,
    `#EXT-X-MEDIA-SEQUENCE:${dropped}`,
    '#EXT-X-MAP:URI="init.mp4"',
  ]
  let end = -1
  for (const { time, duration } of segments) {
    if (end >= 0 && time !== end) lines.push('#EXT-X-DISCONTINUITY')
    if (time !== end)
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${serialiseXsDateTime(startUs + Math.round((time / timescale) * 1e6))}`)
    lines.push(`#EXTINF:${(duration / timescale).toFixed(6)},`, `${time}.m4s`)
    end = time + duration
  }
  if (finished) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}
