import { ByteReader } from '../../bytes/byte-reader.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { type Box, childBoxes, findBox, fullBox } from '../bmff/boxes.ts'
import { MOOF } from '../bmff/decode-time.ts'
import type { MpuMovie, MpuTrack, SampleDefaults } from './mpu-movie.ts'

/** Most samples of one movie fragment; an MPU of a second has a few hundred. */
const MAX_SAMPLES = 65_536

/** One media sample of a movie fragment. */
export type MovieFragmentSample = {
  /** Offset of its data from the start of the `moof`. */
  readonly offset: number
  readonly size: number
  /** Ticks of its track. */
  readonly duration: number
  readonly flags: number
  readonly compositionOffset: number
}

/** One run of a media track. */
export type FragmentTrack = {
  readonly track: MpuTrack
  /** baseMediaDecodeTime, ticks; 0 where absent. */
  readonly decodeTime: number
  readonly samples: readonly MovieFragmentSample[]
}

/** Movie fragment metadata (FT 1): the `moof`, and the header of the `mdat` for its samples. */
export type MovieFragment = {
  /** The `moof` alone. */
  readonly moof: Uint8Array
  /** sequence_number of `mfhd`, which units of samples refer to. */
  readonly sequence: number
  /** Payload size in the `mdat` header; -1 where there is no header or no size. */
  readonly mdatBytes: number
  /** Length of the received `mdat` header: 0, 8 or 16. */
  readonly mdatHeaderBytes: number
  readonly tracks: readonly FragmentTrack[]
  /** Media data of all samples. */
  readonly mediaBytes: number
  /** End of the last sample, from the start of the `moof`. */
  readonly mediaEnd: number
}

/**
 * Reads movie fragment metadata; bytes are borrowed. Runs of hint tracks are left out.
 * @param fileOffset of the `moof` in the file, for runs with offsets from the file's start
 * @throws CodecError bmff-…, mpu-moof (none, or without mfhd), mpu-samples (too many), mpu-range (data before the mdat)
 */
export function parseMovieFragment(
  bytes: Uint8Array,
  movie: MpuMovie,
  fileOffset: number,
  maxSamples = MAX_SAMPLES,
): MovieFragment {
  const most = Math.min(maxSamples, MAX_SAMPLES)
  if (bytes.length < 8) throw new CodecError('mpu-moof', 0, `${bytes.length} bytes are no movie fragment`)
  const size = u32At(bytes, 0)
  // After the moof there is only an mdat header, whose data follows later.
  if (u32At(bytes, 4) !== MOOF || size < 8 || size > bytes.length)
    throw new CodecError('mpu-moof', 0, `movie fragment metadata does not begin with a moof`)
  const box: Box = { type: 'moof', offset: 0, size, headerBytes: 8 }
  const mfhd = findBox(bytes, box, 'mfhd')
  if (mfhd === undefined) throw new CodecError('mpu-moof', 0, 'the moof has no mfhd')
  const sequence = u32At(bytes, fullBox(bytes, mfhd, 4).fields)
  const mdat = mdatHeader(bytes, size)
  const tracks: FragmentTrack[] = []
  let mediaBytes = 0
  let mediaEnd = size + Math.max(8, mdat.headerBytes)
  let count = 0
  for (const traf of childBoxes(bytes, box)) {
    if (traf.type !== 'traf') continue
    const run = readTrack(bytes, traf, movie, fileOffset, most - count)
    if (run === null) continue
    count += run.samples.length
    for (const sample of run.samples) {
      mediaBytes += sample.size
      if (sample.size > 0 && sample.offset < size + mdat.headerBytes)
        throw new CodecError('mpu-range', traf.offset, `a sample is at ${sample.offset}, before the media data`)
      mediaEnd = Math.max(mediaEnd, sample.offset + sample.size)
    }
    tracks.push(run)
  }
  return {
    moof: bytes.subarray(0, size),
    sequence,
    mdatBytes: mdat.payload,
    mdatHeaderBytes: mdat.headerBytes,
    tracks,
    mediaBytes,
    mediaEnd,
  }
}

const MDAT = 0x6d646174
const DEFAULT_BASE_IS_MOOF = 0x02_0000

function mdatHeader(bytes: Uint8Array, at: number): { headerBytes: number; payload: number } {
  if (bytes.length - at < 8 || u32At(bytes, at + 4) !== MDAT) return { headerBytes: 0, payload: -1 }
  const size = u32At(bytes, at)
  if (size === 1 && bytes.length - at >= 16)
    return { headerBytes: 16, payload: u32At(bytes, at + 8) * 0x1_0000_0000 + u32At(bytes, at + 12) - 16 }
  return { headerBytes: 8, payload: size < 8 ? -1 : size - 8 }
}

function readTrack(
  bytes: Uint8Array,
  traf: Box,
  movie: MpuMovie,
  fileOffset: number,
  maxSamples: number,
): FragmentTrack | null {
  const children = childBoxes(bytes, traf)
  const tfhd = children.find((box) => box.type === 'tfhd')
  if (tfhd === undefined) throw new CodecError('mpu-moof', traf.offset, 'a traf has no tfhd')
  const head = new ByteReader(bytes, tfhd.offset + tfhd.headerBytes, tfhd.offset + tfhd.size, 'bmff-truncated')
  const flags = head.u32('tfhd flags') & 0xff_ffff
  const trackId = head.u32('track_ID')
  const track = movie.tracks.find((each) => each.trackId === trackId)
  if (track === undefined) return null
  const base = (flags & 1) !== 0 ? head.u64Number('base_data_offset') - fileOffset : 0
  if ((flags & 2) !== 0) head.skip(4, 'sample_description_index')
  const defaults: SampleDefaults = {
    duration: (flags & 8) !== 0 ? head.u32('default_sample_duration') : track.defaults.duration,
    size: (flags & 0x10) !== 0 ? head.u32('default_sample_size') : track.defaults.size,
    flags: (flags & 0x20) !== 0 ? head.u32('default_sample_flags') : track.defaults.flags,
  }
  const tfdt = children.find((box) => box.type === 'tfdt')
  const samples: MovieFragmentSample[] = []
  // Without default-base-is-moof the first run of a moof is still relative to it (§8.8.7.1).
  let offset = (flags & DEFAULT_BASE_IS_MOOF) !== 0 ? 0 : base
  for (const trun of children)
    if (trun.type === 'trun') offset = readRun(bytes, trun, { base, from: offset }, defaults, samples, maxSamples)
  return { track, decodeTime: tfdt === undefined ? 0 : decodeTimeOf(bytes, tfdt), samples }
}

/**
 * @param data what its offset counts from, and where it begins without one
 * @returns the default start of the next run's data
 */
function readRun(
  bytes: Uint8Array,
  trun: Box,
  data: { readonly base: number; readonly from: number },
  defaults: SampleDefaults,
  into: MovieFragmentSample[],
  maxSamples: number,
): number {
  const reader = new ByteReader(bytes, trun.offset + trun.headerBytes, trun.offset + trun.size, 'bmff-truncated')
  const word = reader.u32('trun flags')
  const version = word >>> 24
  const count = reader.u32('sample_count')
  if (count > maxSamples - into.length)
    throw new CodecError('mpu-samples', trun.offset, `${count} samples in a run, ${maxSamples} are allowed`)
  let offset = (word & 1) !== 0 ? data.base + reader.i32('data_offset') : data.from
  const firstFlags = (word & 4) !== 0 ? reader.u32('first_sample_flags') : null
  for (let index = 0; index < count; index++) {
    const duration = (word & 0x100) !== 0 ? reader.u32('sample_duration') : defaults.duration
    const size = (word & 0x200) !== 0 ? reader.u32('sample_size') : defaults.size
    const flags =
      (word & 0x400) !== 0
        ? reader.u32('sample_flags')
        : index === 0 && firstFlags !== null
          ? firstFlags
          : defaults.flags
    const compositionOffset =
      (word & 0x800) === 0
        ? 0
        : version === 0
          ? reader.u32('sample_composition_time_offset')
          : reader.i32('sample_composition_time_offset')
    into.push({ offset, size, duration, flags, compositionOffset })
    offset += size
  }
  return offset
}

function decodeTimeOf(bytes: Uint8Array, tfdt: Box): number {
  const { version, fields } = fullBox(bytes, tfdt, 4)
  if (version === 0) return u32At(bytes, fields)
  const high = u32At(bytes, fullBox(bytes, tfdt, 8).fields)
  // Times of 2^53 ticks and more are invalid: the presentation ignores them.
  return high >= 0x20_0000 ? 0 : high * 0x1_0000_0000 + u32At(bytes, fields + 4)
}
