import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleTrack } from '../../flow/samples.ts'
import { FragmentWriter } from '../mp4/fragment-writer.ts'

/** Takes the files of a presentation as they are made; segments of several representations grow side by side. */
export interface PackageTaker {
  /** A manifest, a playlist or an initialisation segment; the same name comes again with newer content. */
  whole(name: string, kind: 'manifest' | 'playlist' | 'init', contentType: string, bytes: Uint8Array): void
  segmentBegins(name: string, representation: PackageTrack): void
  /** A whole chunk of the segment; valid during the call only. */
  segmentGrows(name: string, bytes: Uint8Array, start: number, end: number): void
  segmentEnds(name: string): void
}

/** How the segments of a representation are named and cut. */
export type PackageTrackOptions = {
  /** Its id, which is part of its names: `video`, `audio`, `audio2` … */
  readonly id: string
  readonly index: number
  /** Names are `BASE-ID-init.mp4` and `BASE-ID-N.m4s`. */
  readonly base: string
  /** Duration of a chunk, s. */
  readonly chunkS: number
  /** Media time at which the presentation begins, s. */
  readonly startS: number
  /** Number of its first segment. */
  readonly number: number
  /** Its segments are offered chunk by chunk. */
  readonly inChunks: boolean
}

/** One track of a presentation that is made: a representation of its own, whose segments are numbered as those of all others. */
export class PackageTrack {
  readonly id: string
  /** Its place among the tracks, from 0. */
  readonly index: number
  readonly track: SampleTrack
  /** Most bits per second of a whole segment; 0 before the first. */
  bandwidth = 0
  readonly #base: string
  readonly #taker: PackageTaker
  readonly #writer: FragmentWriter
  #hasInit = false
  /** Name of the segment that grows. */
  #open: string | null = null
  #number: number
  #bytes = 0
  /** Samples of the segment that grows. */
  #samples = 0
  /** Samples of the one before it: as many are expected again. */
  #expected = 0
  readonly #inChunks: boolean

  constructor(
    track: SampleTrack,
    { id, index, base, chunkS, startS, number, inChunks }: PackageTrackOptions,
    taker: PackageTaker,
  ) {
    this.track = track
    this.id = id
    this.index = index
    this.#number = number
    this.#inChunks = inChunks
    this.#base = `${base}-${id}`
    this.#taker = taker
    const sink: ByteSink = {
      chunk: (bytes, start, end) => this.#chunk(bytes, start, end),
      end: () => undefined,
    }
    this.#writer = new FragmentWriter(sink, chunkS, { beginsAtS: startS })
    this.#writer.track(track)
  }

  /** Takes its description again, where it changed. */
  changed(track: SampleTrack): void {
    this.#writer.track(track)
  }

  /** Takes a sample. Where segments are alike, the last chunk of one does not wait for the first sample of the next. */
  sample(sample: Sample): void {
    this.#writer.sample(sample)
    this.#samples++
    if (this.#inChunks && this.#samples === this.#expected) this.#writer.flush()
  }

  /**
   * Ends its segment: what follows is of segment `number`.
   * @param durationS of the segment that ends
   */
  cut(number: number, durationS: number): void {
    this.#writer.flush()
    this.#number = number
    this.#expected = this.#samples
    this.#samples = 0
    if (this.#open === null) return
    const name = this.#open
    this.#open = null
    this.bandwidth = Math.max(this.bandwidth, Math.ceil((this.#bytes * 8) / Math.max(durationS, 0.001)))
    this.#bytes = 0
    this.#taker.segmentEnds(name)
  }

  #chunk(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#hasInit) {
      this.#hasInit = true
      this.#taker.whole(`${this.#base}-init.mp4`, 'init', mimeTypeOf(this.track), bytes.slice(start, end))
      return
    }
    if (this.#open === null) {
      this.#open = `${this.#base}-${this.#number}.m4s`
      this.#taker.segmentBegins(this.#open, this)
    }
    this.#bytes += end - start
    this.#taker.segmentGrows(this.#open, bytes, start, end)
  }
}

/** Of the files of a track. */
export function mimeTypeOf({ kind }: SampleTrack): string {
  return kind === 'video' || kind === 'audio' ? `${kind}/mp4` : 'application/mp4'
}
