import { THUMBNAIL } from '../contract/wall.ts'

/*
 * Command lines of ffmpeg for a look at a service: a segment comes in over its standard input, pixels or samples leave over its
 * standard output. One thread each, so that a run takes one processor core at most.
 */

const COMMON = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error'] as const

/** Most key frames of one segment that are looked at. */
export const MAX_PICTURES = 4
/** Bytes of one picture. */
export const PICTURE_BYTES = THUMBNAIL.width * THUMBNAIL.height * 3
/** Samples per second of sound that is measured, in two channels of 16 bits. */
export const SOUND_RATE = 48_000

/** Key frames of a segment as thumbnails in RGB. */
export function pictureLookArguments(): readonly string[] {
  const { width, height } = THUMBNAIL
  const fitted = `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=fast_bilinear`
  return [
    ...COMMON,
    ...['-threads', '1', '-skip_frame', 'nokey', '-i', 'pipe:0', '-map', '0:v:0', '-an', '-sn', '-dn'],
    ...['-filter_threads', '1', '-vf', `${fitted},pad=${width}:${height}:-1:-1,format=rgb24`],
    ...['-frames:v', String(MAX_PICTURES), '-threads', '1', '-f', 'rawvideo', 'pipe:1'],
  ]
}

/** Sound of a segment in two channels. */
export function soundLookArguments(): readonly string[] {
  return [
    ...COMMON,
    ...['-threads', '1', '-i', 'pipe:0', '-map', '0:a:0', '-vn', '-sn', '-dn'],
    ...['-filter_threads', '1', '-ac', '2', '-ar', String(SOUND_RATE), '-f', 's16le', 'pipe:1'],
  ]
}
