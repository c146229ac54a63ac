import { BoxWriter } from './box-writer.ts'
import type { FragmentTrackRun } from './fragment.ts'
import type { FragmentWatch } from './fragment-writer.ts'
import { type MovieTrack, makeFileType, makeMovie } from './movie-writer.ts'

type TrackIndex = {
  readonly movie: MovieTrack
  readonly sizes: number[]
  readonly decodeTicks: number[]
  readonly offsetTicks: number[]
  /** Numbers of sync samples, from 1. */
  readonly syncs: number[]
  /** First byte in the media data, and samples, of each run. */
  readonly chunks: { readonly at: number; readonly count: number }[]
  endTicks: number
  /** End of the picture or sound that is presented last. */
  shownTicks: number
}

/** A range of the fragmented file. */
export type FileRange = { readonly start: number; readonly end: number }

/**
 * Collects the sample tables of a plain MP4 while its fragments are written. The plain file is `head`, then the `ranges` of the
 * fragmented one (ISO/IEC 14496-12 §8.5 to §8.7).
 */
export class MovieIndex implements FragmentWatch {
  readonly #tracks = new Map<number, TrackIndex>()
  readonly #ranges: FileRange[] = []
  #dataBytes = 0
  #at = 0

  /** Media data in the fragmented file, in order. */
  get ranges(): readonly FileRange[] {
    return this.#ranges
  }

  begun(tracks: readonly MovieTrack[], bytes: number): void {
    this.#at += bytes
    for (const movie of tracks.filter(({ number }) => !this.#tracks.has(number)))
      this.#tracks.set(movie.number, {
        movie,
        sizes: [],
        decodeTicks: [],
        offsetTicks: [],
        syncs: [],
        chunks: [],
        endTicks: 0,
        shownTicks: 0,
      })
  }

  written(runs: readonly FragmentTrackRun[], headBytes: number, dataBytes: number): void {
    const start = this.#at + headBytes
    this.#ranges.push({ start, end: start + dataBytes })
    this.#at = start + dataBytes
    for (const { number, samples, baseTicks } of runs) {
      const track = this.#tracks.get(number)
      if (track === undefined) continue
      track.chunks.push({ at: this.#dataBytes, count: samples.length })
      for (const { data, decodeTicks, offsetTicks, durationTicks, sync } of samples) {
        track.sizes.push(data.length)
        track.decodeTicks.push(decodeTicks - baseTicks)
        track.offsetTicks.push(offsetTicks)
        if (sync) track.syncs.push(track.sizes.length)
        track.endTicks = decodeTicks - baseTicks + durationTicks
        track.shownTicks = Math.max(track.shownTicks, track.endTicks + offsetTicks)
        this.#dataBytes += data.length
      }
    }
  }

  /** `ftyp`, `moov` and the header of the `mdat`; null where no sample was written. */
  head(): Uint8Array | null {
    const tracks = [...this.#tracks.values()].filter(({ sizes }) => sizes.length > 0)
    if (tracks.length === 0) return null
    const fileType = makeFileType(false)
    const wide = this.#dataBytes > 0xf000_0000
    const mdatBytes = wide ? 16 : 8
    const movie = (dataAt: number): Uint8Array =>
      makeMovie(
        tracks.map((track) => ({
          ...track.movie,
          durationTicks: track.shownTicks,
          table: (out) => writeTables(out, track, dataAt, wide),
        })),
        false,
      )
    // The offsets have one length, whatever their values.
    const movieBytes = movie(0).length
    const out = new BoxWriter(fileType.length + movieBytes + mdatBytes)
    out.bytes(fileType).bytes(movie(fileType.length + movieBytes + mdatBytes))
    if (wide)
      out
        .u32(1)
        .latin1('mdat')
        .u64(BigInt(this.#dataBytes + mdatBytes))
    else out.u32(this.#dataBytes + mdatBytes).latin1('mdat')
    return out.take()
  }
}

function writeTables(out: BoxWriter, track: TrackIndex, dataAt: number, wide: boolean): void {
  const { sizes, decodeTicks, offsetTicks, syncs, chunks, endTicks } = track
  const durations = decodeTicks.map((ticks, at) => Math.max(0, (decodeTicks[at + 1] ?? endTicks) - ticks))
  runTable(out, 'stts', 0, durations)
  if (offsetTicks.some((ticks) => ticks !== 0)) runTable(out, 'ctts', 1, offsetTicks)
  if (syncs.length < sizes.length)
    out.full('stss', 0, 0, () => {
      out.u32(syncs.length)
      for (const number of syncs) out.u32(number)
    })
  out.full('stsz', 0, 0, () => {
    out.u32(0).u32(sizes.length)
    for (const size of sizes) out.u32(size)
  })
  out.full('stsc', 0, 0, () => {
    const firsts = chunks.flatMap(({ count }, at) => (chunks[at - 1]?.count === count ? [] : [{ at: at + 1, count }]))
    out.u32(firsts.length)
    for (const { at, count } of firsts) out.u32(at).u32(count).u32(1)
  })
  out.full(wide ? 'co64' : 'stco', 0, 0, () => {
    out.u32(chunks.length)
    for (const { at } of chunks) {
      if (wide) out.u64(BigInt(dataAt + at))
      else out.u32(dataAt + at)
    }
  })
}

/** A table of counts and values, `stts` or `ctts`. */
function runTable(out: BoxWriter, type: string, version: number, values: readonly number[]): void {
  const runs: { count: number; readonly value: number }[] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last?.value === value) last.count++
    else runs.push({ count: 1, value })
  }
  out.full(type, version, 0, () => {
    out.u32(runs.length)
    for (const { count, value } of runs) out.u32(count).i32(value)
  })
}
