import type { PresentationFile } from '../ingest/presentation.ts'
import { GAP_VERSION } from '../manifest/hls/sliding-playlist.ts'
import { relativeReference } from '../manifest/reference.ts'
import type { ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/**
 * The child playlist of a looped HLS presentation: a sliding window over the sent segments (RFC 8216 §6.2.2). Turns of MPEG-2
 * TS, whose time stamps are not shifted, are separated by discontinuities.
 * @param absent segments that were not sent, which are gaps
 */
export function livePlaylist(
  schedule: TrackSchedule,
  segments: readonly ScheduledSegment[],
  absent: ReadonlySet<PresentationFile>,
): Uint8Array {
  const { playlist, segments: own } = schedule.track
  if (playlist === null) throw new RangeError(`${schedule.track.repId} has no playlist`)
  const isMoved = playlist.mapUri !== null
  const first = segments[0]
  const hasGaps = segments.some(({ source }) => absent.has(source))
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${hasGaps ? Math.max(playlist.version, GAP_VERSION) : playlist.version}`,
    `#EXT-X-TARGETDURATION:${playlist.targetDurationS}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence + (first?.index ?? 0)}`,
  ]
  // Turns before the window count in the discontinuity sequence (§4.3.3.3).
  if (!isMoved && first !== undefined) {
    const passed = first.index % own.length === 0 ? first.turn - 1 : first.turn
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, passed)}`)
  }
  if (playlist.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS')
  if (playlist.mapUri !== null) lines.push(`#EXT-X-MAP:URI="${playlist.mapUri}"`)
  for (const segment of segments) {
    if (!isMoved && segment.turn > 0 && segment.index % own.length === 0) lines.push('#EXT-X-DISCONTINUITY')
    if (absent.has(segment.source)) lines.push('#EXT-X-GAP')
    lines.push(
      `#EXTINF:${(segment.durationUs / 1_000_000).toFixed(6)},`,
      relativeReference(playlist.name, segment.name),
    )
  }
  return new TextEncoder().encode(`${lines.join('\n')}\n`)
}
