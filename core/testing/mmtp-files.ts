import { ByteWriter } from '../bytes/byte-writer.ts'
import { childBoxes, readBoxes } from '../media/bmff/boxes.ts'
import { type FragmentTrack, parseMovieFragment } from '../media/mmt/movie-fragment.ts'
import { type MpuTrack, parseMpuMovie } from '../media/mmt/mpu-movie.ts'
import { USUAL_HINT_BYTES } from '../protocol/mmtp/hint-sample.ts'

/** The three kinds of data units of a segment as an MPU. */
export type MadeMpu = {
  /** FT 0. */
  readonly metadata: Uint8Array
  /** FT 1: `moof` and the header of its `mdat`. */
  readonly fragment: Uint8Array
  /** FT 2, one each. */
  readonly samples: readonly Uint8Array[]
  /** Media time of its first sample, µs. */
  readonly startUs: number
}

/** Makes an MPU of a media segment with one movie fragment, with or without a hint track. */
export function makeMpu(
  init: Uint8Array,
  segment: Uint8Array,
  sequence: number,
  asset: string,
  hints: boolean,
): MadeMpu {
  const movie = parseMpuMovie(init)
  const track = movie.tracks[0] as MpuTrack
  const moofAt = readBoxes(segment).find((box) => box.type === 'moof')?.offset ?? 0
  const run = parseMovieFragment(segment.subarray(moofAt), movie, moofAt).tracks[0] as FragmentTrack
  const samples = run.samples.map(({ offset, size }) => segment.slice(moofAt + offset, moofAt + offset + size))
  return {
    metadata: metadataOf(init, track, sequence, asset, hints),
    fragment: fragmentOf(run, hints),
    samples,
    startUs: Math.round((run.decodeTime * 1e6) / track.timescale),
  }
}

function metadataOf(init: Uint8Array, track: MpuTrack, sequence: number, asset: string, hints: boolean): Uint8Array {
  const out = new ByteWriter(2048)
  const moov = readBoxes(init).find((each) => each.type === 'moov')
  if (moov === undefined) throw new RangeError('no moov')
  box(out, 'ftyp', () => out.latin1('mpuf').u32(0).latin1('isommpuf'))
  box(out, 'mmpu', () => out.u32(0).u8(0x80).u32(sequence).u32(1).u32(asset.length).latin1(asset))
  const hintId = track.trackId + 1
  box(out, 'moov', () => {
    for (const child of childBoxes(init, moov)) {
      if (child.type === 'mvhd' || child.type === 'trak')
        out.bytes(init.subarray(child.offset, child.offset + child.size))
    }
    if (hints) hintTrack(out, hintId, track)
    box(out, 'mvex', () => {
      const { duration, size, flags } = track.defaults
      box(out, 'trex', () => out.u32(0).u32(track.trackId).u32(1).u32(duration).u32(size).u32(flags))
      if (hints) box(out, 'trex', () => out.u32(0).u32(hintId).u32(1).u32(0).u32(USUAL_HINT_BYTES).u32(0))
    })
  })
  return out.take()
}

function hintTrack(out: ByteWriter, trackId: number, media: MpuTrack): void {
  const matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
  box(out, 'trak', () => {
    box(out, 'tkhd', () => {
      out.u32(1).u32(0).u32(0).u32(trackId).zeros(8).zeros(16)
      for (const value of matrix) out.u32(value)
      out.u32(0).u32(0)
    })
    box(out, 'tref', () => box(out, 'hint', () => out.u32(media.trackId)))
    box(out, 'mdia', () => {
      box(out, 'mdhd', () => out.u32(0).u32(0).u32(0).u32(media.timescale).u32(0).u16(0x55c4).u16(0))
      box(out, 'hdlr', () => out.u32(0).u32(0).latin1('hint').zeros(12).u8(0))
      box(out, 'minf', () => {
        box(out, 'hmhd', () => out.zeros(20))
        box(out, 'dinf', () => box(out, 'dref', () => out.u32(0).u32(1).u32(12).latin1('url ').u32(1)))
        box(out, 'stbl', () => {
          box(out, 'stsd', () => out.u32(0).u32(1).u32(23).latin1('mmth').zeros(6).u16(1).u16(1).u16(1).u8(0xc0).u16(0))
          box(out, 'stts', () => out.zeros(8))
          box(out, 'stsc', () => out.zeros(8))
          box(out, 'stsz', () => out.zeros(12))
          box(out, 'stco', () => out.zeros(8))
        })
      })
    })
  })
}

function fragmentOf({ track, samples }: FragmentTrack, hints: boolean): Uint8Array {
  const media = samples.reduce((sum, { size }) => sum + size, 0)
  const out = new ByteWriter(samples.length * 16 + 200)
  let mediaOffset = 0
  let hintOffset = 0
  box(out, 'moof', () => {
    box(out, 'mfhd', () => out.u32(0).u32(1))
    box(out, 'traf', () => {
      box(out, 'tfhd', () => out.u32(0x02_0000).u32(track.trackId))
      box(out, 'tfdt', () => out.u32(0x0100_0000).u64(0n))
      box(out, 'trun', () => {
        out.u32(0x0100_0f01).u32(samples.length)
        mediaOffset = out.length
        out.u32(0)
        for (const { duration, size, flags, compositionOffset } of samples)
          out
            .u32(duration)
            .u32(size)
            .u32(flags)
            .u32(compositionOffset >>> 0)
      })
    })
    if (!hints) return
    box(out, 'traf', () => {
      box(out, 'tfhd', () =>
        out
          .u32(0x02_0018)
          .u32(track.trackId + 1)
          .u32(1)
          .u32(USUAL_HINT_BYTES),
      )
      box(out, 'trun', () => {
        out.u32(1).u32(samples.length)
        hintOffset = out.length
        out.u32(0)
      })
    })
  })
  const moof = out.length
  out.u32At(mediaOffset, moof + 8)
  if (hints) out.u32At(hintOffset, moof + 8 + media)
  out.u32(8 + media + (hints ? samples.length * USUAL_HINT_BYTES : 0)).latin1('mdat')
  return out.take()
}

function box(out: ByteWriter, type: string, write: () => void): void {
  const at = out.length
  out.u32(0).latin1(type)
  write()
  out.u32At(at, out.length - at)
}
