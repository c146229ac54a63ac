import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { type Box, childBoxes, fullBox } from '../bmff/boxes.ts'
import type { MovieFragment, MovieFragmentSample } from './movie-fragment.ts'
import type { MpuMovie, MpuTrack } from './mpu-movie.ts'

/**
 * The initialisation segment of an asset, made from an MPU's metadata: one media track, no hint track, no edit list, no
 * duration, brands of DASH (ISO/IEC 23009-1 §6.3.4). The media segments have the decode times.
 * @throws CodecError bmff-…, mpu-tracks
 */
export function mpuInitSegment(movie: MpuMovie, track: MpuTrack): Uint8Array {
  if (movie.moov === null) throw new CodecError('mpu-tracks', 0, 'MPU metadata without a moov')
  const { bytes } = movie
  const out = new ByteWriter(movie.bytes.length + 64)
  box(out, 'ftyp', () => out.latin1('iso6').u32(0).latin1('iso6').latin1('dash'))
  box(out, 'moov', () => {
    for (const child of childBoxes(bytes, movie.moov as Box)) {
      if (child.type === 'mvhd') out.bytes(withoutDuration(bytes, child, 12, 20))
      else if (child.type === 'trak' && child.offset === track.box.offset) writeTrack(out, bytes, child)
    }
    box(out, 'mvex', () => {
      const { trackId, defaults } = track
      box(out, 'trex', () =>
        out.u32(0).u32(trackId).u32(1).u32(defaults.duration).u32(defaults.size).u32(defaults.flags),
      )
    })
  })
  return out.take()
}

/** Sample tables that are empty in a fragmented file. */
const EMPTY_TABLES = [
  ['stts', 8],
  ['stsc', 8],
  ['stsz', 12],
  ['stco', 8],
] as const
const NESTED = new Set(['mdia', 'minf'])

function writeTrack(out: ByteWriter, bytes: Uint8Array, parent: Box): void {
  box(out, parent.type, () => {
    for (const child of childBoxes(bytes, parent)) {
      if (child.type === 'edts' || child.type === 'tref') continue
      if (NESTED.has(child.type)) writeTrack(out, bytes, child)
      else if (child.type === 'tkhd') out.bytes(withoutDuration(bytes, child, 16, 24))
      else if (child.type === 'mdhd') out.bytes(withoutDuration(bytes, child, 12, 20))
      else if (child.type === 'stbl') {
        box(out, 'stbl', () => {
          for (const table of childBoxes(bytes, child)) if (table.type === 'stsd') out.bytes(whole(bytes, table))
          for (const [type, length] of EMPTY_TABLES) box(out, type, () => out.zeros(length))
        })
      } else out.bytes(whole(bytes, child))
    }
  })
}

/** A sample of an MPU for a media segment. */
export type PlayedSample = MovieFragmentSample & {
  /** Its data; null where incomplete: the sample is left out, and the previous one lasts longer. */
  readonly data: Uint8Array | null
}

/** Contents of a media segment. */
export type MpuSegment = {
  readonly trackId: number
  readonly sequenceNumber: number
  /** Decode time of the first sample, ticks of the track. */
  readonly decodeTime: number
  readonly samples: readonly PlayedSample[]
}

/**
 * A media segment: `styp`, `moof` with one run, `mdat`. Incomplete samples are left out and their duration is added to the
 * previous one; at the start, to the first complete one, because players drop segments that do not connect.
 */
export function mpuMediaSegment({ trackId, sequenceNumber, decodeTime, samples }: MpuSegment): Uint8Array {
  const played = withoutLost(samples)
  const total = played.reduce((sum, sample) => sum + sample.data.length, 0)
  const negative = played.some((sample) => sample.compositionOffset < 0)
  const out = new ByteWriter(total + played.length * 16 + 160)
  box(out, 'styp', () => out.latin1('msdh').u32(0).latin1('msdh').latin1('msix'))
  const start = out.length
  let dataOffset = 0
  box(out, 'moof', () => {
    box(out, 'mfhd', () => out.u32(0).u32(sequenceNumber >>> 0))
    box(out, 'traf', () => {
      box(out, 'tfhd', () => out.u32(0x02_0000).u32(trackId))
      box(out, 'tfdt', () => out.u32(0x0100_0000).u64(BigInt(Math.max(0, decodeTime))))
      box(out, 'trun', () => {
        out.u32((negative ? 0x0100_0000 : 0) | 0x0f01).u32(played.length)
        dataOffset = out.length
        out.u32(0)
        for (const { duration, data, flags, compositionOffset } of played)
          out
            .u32(duration)
            .u32(data.length)
            .u32(flags)
            .u32(compositionOffset >>> 0)
      })
    })
  })
  out.u32At(dataOffset, out.length - start + 8)
  box(out, 'mdat', () => {
    for (const { data } of played) out.bytes(data)
  })
  return out.take()
}

type WholeSample = { duration: number; data: Uint8Array; flags: number; compositionOffset: number }

function withoutLost(samples: readonly PlayedSample[]): WholeSample[] {
  const played: WholeSample[] = []
  let skipped = 0
  for (const { data, duration, flags, compositionOffset } of samples) {
    const before = played.at(-1)
    if (data !== null) {
      // Decoded earlier than originally, with its original presentation time.
      const early = before === undefined ? skipped : 0
      played.push({ duration: duration + early, data, flags, compositionOffset: compositionOffset + early })
    } else if (before !== undefined) before.duration += duration
    else skipped += duration
  }
  return played
}

/** Times of one track over the whole MPU, ticks. */
export type MpuTiming = {
  readonly timescale: number
  /** Sum of the samples' durations. */
  readonly duration: number
  /** Delay from an MPU's first decode time to its first presentation: the least composition time. */
  readonly firstPresentation: number
  readonly samples: number
}

/** @param fragments those of one MPU, in order */
export function mpuTiming(track: MpuTrack, fragments: readonly MovieFragment[]): MpuTiming {
  let duration = 0
  let firstPresentation = Number.POSITIVE_INFINITY
  let samples = 0
  for (const fragment of fragments) {
    for (const run of fragment.tracks) {
      if (run.track.trackId !== track.trackId) continue
      for (const sample of run.samples) {
        firstPresentation = Math.min(firstPresentation, duration + sample.compositionOffset)
        duration += sample.duration
        samples++
      }
    }
  }
  return { timescale: track.timescale, duration, firstPresentation: samples === 0 ? 0 : firstPresentation, samples }
}

/** Writes a box; `write` adds its fields and children. */
function box(out: ByteWriter, type: string, write: () => void): void {
  const at = out.length
  out.u32(0).latin1(type)
  write()
  out.u32At(at, out.length - at)
}

function whole(bytes: Uint8Array, child: Box): Uint8Array {
  return bytes.subarray(child.offset, child.offset + child.size)
}

/** A copy of a header box with duration 0; the field follows `narrow` bytes of fields, `wide` in version 1. */
function withoutDuration(bytes: Uint8Array, child: Box, narrow: number, wide: number): Uint8Array {
  const copy = whole(bytes, child).slice()
  const { version, fields } = fullBox(bytes, child, narrow + 4)
  const at = fields - child.offset + (version === 0 ? narrow : wide)
  const width = version === 0 ? 4 : 8
  if (at + width > copy.length)
    throw new CodecError('bmff-truncated', child.offset, `${child.type} is too short for its duration`)
  copy.fill(0, at, at + width)
  return copy
}
