import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { fitsMp4 } from '../mp4/sample-entry.ts'
import { packageManifest } from './package-manifest.ts'
import { type PackageTaker, PackageTrack } from './package-track.ts'

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
 * Makes a DASH presentation of samples: each track is a representation of fragmented MP4, in segments by number that begin at the same
 * time for all, each in chunks that are given as soon as they are whole. All segments but the last have the duration of the first one.
 */
export class LivePackager implements SampleSink {
  readonly #options: PackagerOptions
  readonly #taker: PackageTaker
  readonly #described = new Map<number, SampleTrack>()
  /** Tracks that had a sample. */
  readonly #tracks = new Map<number, PackageTrack>()
  readonly #base: string
  #startUs: number | null = null
  #firstS = 0
  #lastS = 0
  /** Media time at which the next segment may begin, and at which this one began, from the first sample, s. */
  #boundaryS: number
  #begunS = 0
  /** Null before the first one has ended. */
  #segmentS: number | null = null
  #number = 1
  /** Tracks of the manifest. */
  #listed = 0
  #isOver = false

  constructor(options: PackagerOptions, taker: PackageTaker) {
    this.#options = options
    this.#taker = taker
    this.#base = options.manifest.replace(/\.mpd$/i, '')
    this.#boundaryS = options.segmentS
  }

  track(track: SampleTrack): void {
    if (!fitsMp4(track)) return
    this.#described.set(track.id, track)
    this.#tracks.get(track.id)?.changed(track)
  }

  sample(sample: Sample): void {
    const track = this.#described.get(sample.track)
    if (track === undefined) return
    const atS = sample.decodeTicks / track.timescale
    if (this.#startUs === null) {
      this.#startUs = this.#options.nowUs()
      this.#firstS = atS
    }
    this.#lastS = Math.max(this.#lastS, atS + sample.durationTicks / track.timescale)
    if (sample.sync && track === this.#main()) this.#cutAt(atS - this.#firstS)
    this.#packaged(track).sample(sample)
  }

  end(): void {
    if (this.#startUs === null || this.#isOver) return
    this.#isOver = true
    const totalS = this.#lastS - this.#firstS
    this.#cut(this.#number, totalS - this.#begunS)
    this.#segmentS ??= totalS
    this.#publish(true)
  }

  busy(): Promise<void> | null {
    return null
  }

  /** The track whose pictures begin segments: video, if there is any. */
  #main(): SampleTrack | undefined {
    const tracks = [...this.#described.values()]
    return tracks.find(({ kind }) => kind === 'video') ?? tracks[0]
  }

  #packaged(track: SampleTrack): PackageTrack {
    const known = this.#tracks.get(track.id)
    if (known !== undefined) return known
    const alike = [...this.#tracks.values()].filter((each) => each.track.kind === track.kind).length
    const { chunkS, segmentS } = this.#options
    const made = new PackageTrack(
      track,
      {
        id: alike === 0 ? track.kind : `${track.kind}${alike + 1}`,
        index: this.#tracks.size,
        base: this.#base,
        // A segment of whole ones ends when all do.
        chunkS: chunkS ?? 4 * segmentS,
        startS: this.#firstS,
        number: this.#number,
      },
      this.#taker,
    )
    this.#tracks.set(track.id, made)
    return made
  }

  /** Ends the segments before a sample that can begin one, if they are due. */
  #cutAt(timeS: number): void {
    if (timeS < this.#boundaryS - MARGIN_S) return
    this.#cut(this.#number + 1, timeS - this.#begunS)
    this.#begunS = timeS
    // The first one tells how far apart pictures are that can begin a segment.
    this.#segmentS ??= timeS
    if (this.#options.isLive && this.#listed < this.#tracks.size) this.#publish(false)
    while (this.#boundaryS <= timeS + MARGIN_S) this.#boundaryS += this.#segmentS
  }

  #cut(number: number, durationS: number): void {
    this.#number = number
    for (const track of this.#tracks.values()) track.cut(number, durationS)
  }

  #publish(isOver: boolean): void {
    const { chunkS, nowUs, timeText, manifest } = this.#options
    this.#listed = this.#tracks.size
    const text = packageManifest({
      base: this.#base,
      start: timeText(this.#startUs ?? 0),
      published: timeText(nowUs()),
      segmentS: this.#segmentS ?? this.#options.segmentS,
      chunkS,
      durationS: isOver ? this.#lastS - this.#firstS : null,
      tracks: [...this.#tracks.values()],
    })
    this.#taker.whole(manifest, 'manifest', 'application/dash+xml', new TextEncoder().encode(text))
  }
}
