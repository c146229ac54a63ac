import type { PlayerSnapshot } from './player-adapter.ts'

/** The part of a snapshot that the video element provides. */
export type VideoFacts = Pick<
  PlayerSnapshot,
  'phase' | 'timeS' | 'bufferS' | 'decodedFrames' | 'droppedFrames' | 'width' | 'height'
>

/** Gaps between buffered ranges up to this are jumped. */
const JUMPED_GAP_S = 0.3
const HAVE_CURRENT_DATA = 2
const HAVE_FUTURE_DATA = 3

export function videoFacts(video: HTMLVideoElement): VideoFacts {
  const quality = video.getVideoPlaybackQuality?.()
  return {
    phase: phaseOf(video),
    timeS: video.currentTime,
    bufferS: bufferedAhead(video.buffered, video.currentTime),
    decodedFrames: quality?.totalVideoFrames ?? 0,
    droppedFrames: quality?.droppedVideoFrames ?? 0,
    width: video.videoWidth,
    height: video.videoHeight,
  }
}

function phaseOf(video: HTMLVideoElement): PlayerSnapshot['phase'] {
  if (video.ended) return 'ended'
  if (video.readyState < HAVE_CURRENT_DATA && video.currentTime === 0) return 'loading'
  if (video.paused) return 'paused'
  return video.readyState < HAVE_FUTURE_DATA ? 'stalled' : 'playing'
}

/** Seconds buffered from `at` on. */
export function bufferedAhead(buffered: Pick<TimeRanges, 'length' | 'start' | 'end'>, at: number): number {
  let end = at
  for (let range = 0; range < buffered.length; range++) {
    if (buffered.start(range) <= end + JUMPED_GAP_S && buffered.end(range) > end) end = buffered.end(range)
  }
  return end - at
}

/** Beginning of what is buffered next where nothing is buffered at `at`; null where something is, or nothing comes. */
export function nextBuffered(buffered: Pick<TimeRanges, 'length' | 'start' | 'end'>, at: number): number | null {
  let next: number | null = null
  for (let range = 0; range < buffered.length; range++) {
    const start = buffered.start(range)
    if (start <= at && buffered.end(range) > at) return null
    if (start > at && (next === null || start < next)) next = start
  }
  return next
}
