import { CodecError } from '../../bytes/codec-error.ts'
import { parsePlaylist } from '../../manifest/hls/parse.ts'
import type { Mpd } from '../../manifest/mpd/mpd.ts'
import { parseMpd } from '../../manifest/mpd/parse.ts'

/**
 * How many media segments of a representation are kept, 0 for all, as GPAC's `max_cache_segs` says.
 *
 * | where | N | kept |
 * | --- | --- | --- |
 * | memory | any; 0 is 1, −N is N | the less of N and the time shift; N where there is none |
 * | disk | 0 | all |
 * | disk | −N | N |
 * | disk | N | the more of N and the time shift; all where there is none |
 *
 * @param shift segments of the time shift buffer; null: the manifest tells none
 */
export function keptSegments(where: 'memory' | 'disk', most: number, shift: number | null): number {
  if (where === 'memory') {
    const least = Math.max(1, Math.abs(most))
    return shift === null ? least : Math.max(1, Math.min(least, shift))
  }
  if (most <= 0) return Math.abs(most)
  return shift === null ? 0 : Math.max(most, shift)
}

/** Segments of the time shift buffer that a manifest tells; null where it tells none, or is none. */
export function shiftSegments(name: string, bytes: Uint8Array): number | null {
  try {
    return /\.m3u8?$/i.test(name) ? listedSegments(bytes) : shiftOfMpd(parseMpd(bytes))
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}

function listedSegments(bytes: Uint8Array): number | null {
  const playlist = parsePlaylist(bytes)
  if (playlist.kind === 'master' || playlist.endList || playlist.playlistType !== null) return null
  return playlist.segments.length
}

function shiftOfMpd({ type, timeShiftBufferDepthUs: depthUs, periods }: Mpd): number | null {
  if (type !== 'dynamic' || depthUs === null) return null
  let shortestUs = Number.POSITIVE_INFINITY
  for (const { adaptationSets } of periods)
    for (const { representations } of adaptationSets)
      for (const { addressing } of representations) {
        if (addressing.kind !== 'template' && addressing.kind !== 'list') continue
        const ticks = addressing.duration ?? addressing.timeline?.at(-1)?.duration ?? null
        if (ticks !== null && ticks > 0) shortestUs = Math.min(shortestUs, (ticks * 1e6) / addressing.timescale)
      }
  return Number.isFinite(shortestUs) ? Math.ceil(depthUs / shortestUs) : null
}
