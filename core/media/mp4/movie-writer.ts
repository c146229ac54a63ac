import type { SampleTrack } from '../../flow/samples.ts'
import { BoxWriter } from './box-writer.ts'
import { makeSampleEntry } from './sample-entry.ts'

/** Ticks per second of the movie's own times. */
const MOVIE_TIMESCALE = 1000
const MATRIX = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000] as const

/** A track of a movie. */
export type MovieTrack = {
  readonly track: SampleTrack
  readonly number: number
  /** Media time at which the presentation begins. */
  readonly startTicks: number
  /** Duration of the media in its own ticks; 0 in a fragmented file. */
  readonly durationTicks: number
  /** Writes the boxes of the sample table behind `stsd`; absent: empty ones. */
  readonly table?: (out: BoxWriter) => void
}

/** `ftyp` of a file of fragments, or of a plain one. */
export function makeFileType(fragmented: boolean): Uint8Array {
  const out = new BoxWriter()
  const brands = fragmented ? ['iso6', 'cmfc', 'mp41'] : ['isom', 'iso4', 'mp41']
  out.box('ftyp', () => {
    out.latin1(brands[0] as string).u32(fragmented ? 1 : 0x200)
    for (const brand of brands) out.latin1(brand)
  })
  return out.take()
}

/** `moov` of a movie of fragments (with `mvex`), or of a plain one. */
export function makeMovie(tracks: readonly MovieTrack[], fragmented: boolean): Uint8Array {
  const out = new BoxWriter(4096)
  const seconds = ({ track, durationTicks, startTicks }: MovieTrack): number =>
    Math.max(0, durationTicks - startTicks) / track.timescale
  const durationS = Math.max(0, ...tracks.map(seconds))
  out.box('moov', () => {
    out.full('mvhd', 1, 0, () => {
      out
        .zeros(16)
        .u32(MOVIE_TIMESCALE)
        .time(durationS * MOVIE_TIMESCALE)
      out.u32(0x1_0000).u16(0x100).zeros(10)
      for (const each of MATRIX) out.u32(each)
      out.zeros(24).u32(Math.max(...tracks.map(({ number }) => number)) + 1)
    })
    for (const each of tracks) writeTrack(out, each, seconds(each))
    if (fragmented)
      out.box('mvex', () => {
        for (const { number } of tracks) out.full('trex', 0, 0, () => out.u32(number).u32(1).zeros(12))
      })
  })
  return out.take()
}

function writeTrack(
  out: BoxWriter,
  { track, number, startTicks, durationTicks, table }: MovieTrack,
  seconds: number,
): void {
  const { kind, timescale, language } = track
  const video = kind === 'video'
  const isWebVtt = track.codec.startsWith('wvtt')
  out.box('trak', () => {
    out.full('tkhd', 1, 7, () => {
      out
        .zeros(16)
        .u32(number)
        .u32(0)
        .time(seconds * MOVIE_TIMESCALE)
      out
        .zeros(8)
        .u16(0)
        .u16(video ? 0 : 1)
        .u16(kind === 'audio' ? 0x100 : 0)
        .u16(0)
      for (const each of MATRIX) out.u32(each)
      out.u32((track.width ?? 0) * 0x1_0000).u32((track.height ?? 0) * 0x1_0000)
    })
    if (startTicks > 0)
      out.box('edts', () => {
        out.full('elst', 1, 0, () =>
          out
            .u32(1)
            .time(seconds * MOVIE_TIMESCALE)
            .time(startTicks)
            .u32(0x1_0000),
        )
      })
    out.box('mdia', () => {
      out.full('mdhd', 1, 0, () => out.zeros(16).u32(timescale).time(durationTicks).u16(packLanguage(language)).u16(0))
      const handler = video
        ? 'vide'
        : kind === 'audio'
          ? 'soun'
          : kind === 'text'
            ? track.codec.startsWith('wvtt')
              ? 'text'
              : 'subt'
            : 'meta'
      out.full('hdlr', 0, 0, () => out.u32(0).latin1(handler).zeros(13))
      out.box('minf', () => {
        if (video) out.full('vmhd', 0, 1, () => out.zeros(8))
        else if (kind === 'audio') out.full('smhd', 0, 0, () => out.zeros(4))
        else out.full(kind === 'text' && !isWebVtt ? 'sthd' : 'nmhd', 0, 0, () => {})
        out.box('dinf', () => {
          out.full('dref', 0, 0, () => out.u32(1).full('url ', 0, 1, () => {}))
        })
        out.box('stbl', () => {
          out.full('stsd', 0, 0, () => out.u32(1).bytes(makeSampleEntry(track)))
          if (table !== undefined) table(out)
          else {
            for (const type of ['stts', 'stsc', 'stco']) out.full(type, 0, 0, () => out.u32(0))
            out.full('stsz', 0, 0, () => out.zeros(8))
          }
        })
      })
    })
  })
}

/** Three letters of 5 bits (§8.4.2); `und` where the language is unknown or no such code. */
function packLanguage(language: string | null): number {
  const code = language !== null && /^[a-z]{3}$/.test(language) ? language : 'und'
  return [...code].reduce((packed, letter) => (packed << 5) | (letter.charCodeAt(0) - 0x60), 0)
}
