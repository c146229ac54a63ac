import { keptOneOf, type PictureStep } from './picture-steps.ts'

/*
 * Command lines of ffmpeg. Segments come in over its standard input, fragmented MP4 leaves over its standard output with the
 * times of the input; `-benchmark` makes it tell the processor time that it took.
 */

/** Encoders of H.264, in the order they are taken, with what makes them fast and free of reordering. */
export const H264_ENCODERS: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-preset', 'ultrafast', '-tune', 'zerolatency', '-crf', '24'],
  h264_videotoolbox: ['-realtime', '1', '-b:v', '3M'],
  libopenh264: ['-b:v', '3M'],
  h264_mf: ['-b:v', '3M'],
}

/** Ticks per second of decoded pictures. */
const PICTURE_TIMESCALE = 90_000

const COMMON = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', '-benchmark'] as const
/** A first fragment soon, for a player that waits for it, and few of them. */
const FRAGMENT_US = 400_000

const FRAGMENTED = [
  '-avoid_negative_ts',
  'disabled',
  '-movflags',
  'empty_moov+default_base_moof+frag_discont',
  '-frag_duration',
  String(FRAGMENT_US),
  '-flush_packets',
  '1',
  '-f',
  'mp4',
  'pipe:1',
] as const

/** Options that keep the times of pictures, by the version: as of 5.1, and before. */
export const KEEP_TIMES = ['-fps_mode', '-vsync'] as const

/** How an ffmpeg makes pictures. */
export type PictureEncoder = {
  /** One of H264_ENCODERS. */
  readonly name: string
  readonly keepTimes: (typeof KEEP_TIMES)[number]
}

function h264({ name, keepTimes }: PictureEncoder): readonly string[] {
  return [
    '-c:v',
    name,
    ...(H264_ENCODERS[name] ?? []),
    keepTimes,
    'passthrough',
    '-bf',
    '0',
    '-g',
    '9999',
    '-enc_time_base',
    `1:${PICTURE_TIMESCALE}`,
    '-video_track_timescale',
    String(PICTURE_TIMESCALE),
  ]
}

const FLAC = ['-ac', '2', '-c:a', 'flac', '-strict', '-2'] as const

/** Decodes the pictures of a segment. @param sourceRate pictures per second by the manifest; null: not told */
export function pictureArguments(
  encoder: PictureEncoder,
  step: PictureStep,
  sourceRate: number | null,
): readonly string[] {
  const every = step.framesPerS === null ? 1 : keptOneOf(sourceRate, step.framesPerS)
  // Even numbers of lines, and never more than there are.
  const filters = [
    ...(every > 1 ? [`framestep=${every}`] : []),
    `scale=w=-2:h='trunc(min(${step.height},ih)/2)*2':flags=fast_bilinear`,
    'format=yuv420p',
  ]
  return [
    ...COMMON,
    '-copyts',
    ...(step.rough ? ['-skip_loop_filter', 'all'] : []),
    ...(step.framesPerS === null ? ['-skip_frame', 'nokey'] : []),
    '-f',
    'mp4',
    '-i',
    'pipe:0',
    '-map',
    '0:v:0',
    '-vf',
    filters.join(','),
    ...h264(encoder),
    ...FRAGMENTED,
  ]
}

/**
 * Decodes the sound of a segment as FLAC, whose frames need no others, so that segments join without a gap.
 * @param fromS where the segment begins on its time line, since what is before it is decoded for its sake only; null: all of it
 */
export function soundArguments(fromS: number | null): readonly string[] {
  return [
    ...COMMON,
    '-copyts',
    '-f',
    'mp4',
    '-i',
    'pipe:0',
    '-map',
    '0:a:0',
    ...(fromS === null ? [] : ['-af', `atrim=start=${fromS.toFixed(6)}`]),
    ...FLAC,
    ...FRAGMENTED,
  ]
}

/** The grey picture by which an encoder is tried: of the usual shape, since players place captions by the first size that they learn. */
export const TRIAL_PICTURE = { width: 640, height: 360, bytes: (640 * 360 * 3) / 2 } as const
/** Bytes of silence by which the encoder of sound is tried. */
export const TRIAL_SOUND_BYTES = 48_000 * 4

/** Encodes one raw picture. */
export function trialPictureArguments(encoder: PictureEncoder): readonly string[] {
  const { width, height } = TRIAL_PICTURE
  return [
    ...COMMON,
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`, '-framerate', '25'],
    ...['-i', 'pipe:0'],
    ...h264(encoder),
    ...FRAGMENTED,
  ]
}

/** Encodes raw sound. */
export function trialSoundArguments(): readonly string[] {
  return [...COMMON, '-f', 's16le', '-ar', '48000', '-ac', '2', '-i', 'pipe:0', ...FLAC, ...FRAGMENTED]
}
