import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { fitsMp4 } from '../mp4/sample-entry.ts'
import { packageManifest } from './package-manifest.ts'
import { type ListedSegment, masterPlaylist, mediaPlaylist } from './package-playlists.ts'
import { type PackageTaker, PackageTrack } from './package-track.ts'

/** How a presentation is made. */
export type PackagerOptions = {
  /** Name of its manifest, `NAME.mpd` of DASH or `NAME.m3u8` of HLS; other names begin with NAME. */
  readonly manifest: string
  /** The manifest of the other is made as well. */
  readonly isDual: boolean
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
/** Segments that live playlists list. */
const LIVE_SEGMENTS = 8

/**
 * Makes a DASH or HLS presentation of samples: each track is a representation of fragmented MP4, in segments by number that begin at the same
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
  /** Segments of the playlists; while it is live, the newest. */
  readonly #segments: ListedSegment[] = []
  #isOver = false

  constructor(options: PackagerOptions, taker: PackageTaker) {
    this.#options = options
    this.#taker = taker
    this.#base = options.manifest.replace(/\.(?:mpd|m3u8)$/i, '')
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
    if (this.#hasMpd) this.#publish(true)
    if (this.#hasPlaylists) this.#publishPlaylists(true, true)
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
        inChunks: chunkS !== null,
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
    if (this.#options.isLive) this.#list()
    while (this.#boundaryS <= timeS + MARGIN_S) this.#boundaryS += this.#segmentS
  }

  #cut(number: number, durationS: number): void {
    if (durationS > 0) this.#segments.push({ number: this.#number, durationS })
    if (this.#options.isLive && this.#segments.length > LIVE_SEGMENTS) this.#segments.shift()
    this.#number = number
    for (const track of this.#tracks.values()) track.cut(number, durationS)
  }

  /** Lists a new segment in playlists; an MPD only tells what tracks there are. */
  #list(): void {
    const isNew = this.#listed < this.#tracks.size
    this.#listed = this.#tracks.size
    if (isNew && this.#hasMpd) this.#publish(false)
    if (this.#hasPlaylists) this.#publishPlaylists(false, isNew)
  }

  get #hasMpd(): boolean {
    return this.#options.isDual || !this.#hasPlaylistName
  }

  get #hasPlaylists(): boolean {
    return this.#options.isDual || this.#hasPlaylistName
  }

  get #hasPlaylistName(): boolean {
    return /\.m3u8$/i.test(this.#options.manifest)
  }

  /** @param withMaster the playlist of all tracks has changed as well */
  #publishPlaylists(isOver: boolean, withMaster: boolean): void {
    const tracks = [...this.#tracks.values()]
    const facts = { base: this.#base, segments: this.#segments, isOver, tracks }
    const give = (name: string, text: string): void =>
      this.#taker.whole(name, 'playlist', 'application/vnd.apple.mpegurl', new TextEncoder().encode(text))
    for (const track of tracks) give(`${this.#base}-${track.id}.m3u8`, mediaPlaylist(facts, track))
    if (withMaster) give(`${this.#base}.m3u8`, masterPlaylist(facts))
  }

  #publish(isOver: boolean): void {
    const { chunkS, nowUs, timeText } = this.#options
    const manifest = `${this.#base}.mpd`
    const text = packageManifest({
      name: manifest,
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
