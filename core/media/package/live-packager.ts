import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { FragmentWriter } from '../mp4/fragment-writer.ts'
import { packageManifest } from './package-manifest.ts'

/** Takes the files of a presentation as they are made. */
export interface PackageTaker {
  /** A manifest or an initialisation segment; the same name comes again with newer content. */
  whole(name: string, kind: 'manifest' | 'init', bytes: Uint8Array): void
  segmentBegins(name: string): void
  /** A whole chunk of the segment; valid during the call only. */
  segmentGrows(bytes: Uint8Array, start: number, end: number): void
  segmentEnds(): void
}

/** How a presentation is made. */
export type PackagerOptions = {
  /** Name of its manifest, `NAME.mpd`; other names begin with NAME. */
  readonly manifest: string
  /** Least duration of a segment, which ends at the next picture that can be decoded alone, s. */
  readonly segmentS: number
  /** Duration of a chunk; null: a segment is one chunk. */
  readonly chunkS: number | null
  /** The manifest is there while segments are made; else once all are. */
  readonly isLive: boolean
  /** Wall clock, µs since the UNIX epoch. */
  readonly nowUs: () => number
  /** Writes such a time as xs:dateTime. */
  readonly timeText: (us: number) => string
}

const MARGIN_S = 0.001

/**
 * Makes a DASH presentation of samples: segments of fragmented MP4 with all tracks, by number, each in chunks that are given as soon
 * as they are whole. All segments but the last have the duration of the first one.
 */
export class LivePackager implements SampleSink {
  readonly #options: PackagerOptions
  readonly #taker: PackageTaker
  readonly #writer: FragmentWriter
  readonly #tracks = new Map<number, SampleTrack>()
  readonly #base: string
  #startUs: number | null = null
  #firstS = 0
  #lastS = 0
  /** Media time at which the next segment may begin, from the first sample, s. */
  #boundaryS: number
  #segmentS: number
  #number = 0
  #isOpen = false
  #cuts = false
  #segmentBytes = 0
  #bandwidth: number | null = null
  #hasInit = false

  constructor(options: PackagerOptions, taker: PackageTaker) {
    this.#options = options
    this.#taker = taker
    this.#base = options.manifest.replace(/\.mpd$/i, '')
    this.#segmentS = options.segmentS
    this.#boundaryS = options.segmentS
    const sink: ByteSink = {
      chunk: (bytes, start, end) => this.#chunk(bytes, start, end),
      end: () => this.#close(),
    }
    this.#writer = new FragmentWriter(sink, options.chunkS ?? options.segmentS)
  }

  track(track: SampleTrack): void {
    this.#tracks.set(track.id, track)
    this.#writer.track(track)
  }

  sample(sample: Sample): void {
    const track = this.#tracks.get(sample.track)
    if (track === undefined) return
    const atS = sample.decodeTicks / track.timescale
    if (this.#startUs === null) {
      this.#startUs = this.#options.nowUs()
      this.#firstS = atS
    }
    this.#lastS = Math.max(this.#lastS, atS + sample.durationTicks / track.timescale)
    if (sample.sync && track === this.#main()) this.#cutAt(atS - this.#firstS)
    this.#writer.sample(sample)
  }

  end(): void {
    this.#writer.end()
  }

  busy(): Promise<void> | null {
    return null
  }

  /** The track whose pictures begin segments: video, if there is any. */
  #main(): SampleTrack | undefined {
    const tracks = [...this.#tracks.values()]
    return tracks.find(({ kind }) => kind === 'video') ?? tracks[0]
  }

  /** Ends the segment before a sample that can begin one, if it is due. */
  #cutAt(timeS: number): void {
    if (timeS < this.#boundaryS - MARGIN_S) return
    this.#writer.flush()
    this.#cuts = true
    if (this.#bandwidth === null) {
      // The first one tells how far apart pictures are that can begin a segment.
      this.#segmentS = timeS
      this.#bandwidth = Math.ceil((this.#segmentBytes * 8) / timeS)
      if (this.#options.isLive) this.#publish(false)
    }
    while (this.#boundaryS <= timeS + MARGIN_S) this.#boundaryS += this.#segmentS
  }

  #chunk(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#hasInit) {
      this.#hasInit = true
      this.#taker.whole(`${this.#base}-init.mp4`, 'init', bytes.slice(start, end))
      return
    }
    if (this.#cuts && this.#isOpen) this.#endSegment()
    this.#cuts = false
    if (!this.#isOpen) {
      this.#isOpen = true
      this.#taker.segmentBegins(`${this.#base}-${++this.#number}.m4s`)
    }
    this.#segmentBytes += end - start
    this.#taker.segmentGrows(bytes, start, end)
  }

  #endSegment(): void {
    this.#isOpen = false
    this.#segmentBytes = 0
    this.#taker.segmentEnds()
  }

  #close(): void {
    if (this.#startUs === null) return
    const totalS = this.#lastS - this.#firstS
    this.#bandwidth ??= Math.ceil((this.#segmentBytes * 8) / Math.max(totalS, MARGIN_S))
    if (this.#isOpen) this.#endSegment()
    this.#publish(true)
  }

  #publish(isOver: boolean): void {
    const { chunkS, nowUs, timeText, manifest } = this.#options
    const text = packageManifest({
      base: this.#base,
      start: timeText(this.#startUs ?? 0),
      published: timeText(nowUs()),
      segmentS: this.#segmentS,
      chunkS,
      durationS: isOver ? this.#lastS - this.#firstS : null,
      bandwidth: this.#bandwidth ?? 0,
      tracks: [...this.#tracks.values()],
    })
    this.#taker.whole(manifest, 'manifest', new TextEncoder().encode(text))
  }
}
