import { joinBytes } from '../../bytes/join-bytes.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { nalCodecOf, nalLengthBytes, parameterSetsOf } from '../annexb/video-track.ts'
import { SampleMemory } from '../stream/sample-memory.ts'
import { StreamFaults } from '../stream/stream-faults.ts'
import { BoxWriter } from './box-writer.ts'
import { type FragmentTrackRun, type HeldSample, makeFragment } from './fragment.ts'
import { type MovieTrack, makeFileType, makeMovie } from './movie-writer.ts'
import { fitsMp4 } from './sample-entry.ts'

/** Time for which samples are held at first, so that all tracks are known, s. */
const TRACKS_S = 1
/** A fragment may be shorter than asked for by as much, s. */
const MARGIN_S = 0.001
/** Most bytes of a fragment. */
const MAX_FRAGMENT_BYTES = 32 * 1024 * 1024

/** Learns what is written, to make a plain MP4 of it later. */
export interface FragmentWatch {
  /** A movie header was written, of so many bytes; the tracks of one before are among its own. */
  begun(tracks: readonly MovieTrack[], bytes: number): void
  /** A fragment was written: its runs, and the lengths of what is before its media data and of the data. */
  written(runs: readonly FragmentTrackRun[], headBytes: number, dataBytes: number): void
}

/** What a writer may be told beside its sink. */
export type FragmentWriterOptions = {
  readonly faults?: StreamFaults
  readonly watch?: FragmentWatch
  /** Media time that is 0 in what is written, of a writer that has one track, s; absent: that of its first sample. */
  readonly beginsAtS?: number
}

type Track = {
  track: SampleTrack
  readonly number: number
  samples: HeldSample[]
  /** Decode time of its next sample. */
  nextTicks: number
  /** Parameter sets to be put before the next sync sample: those of the movie are others. */
  sets: Uint8Array | null
  /** A movie header tells of it. */
  described: boolean
}

/**
 * Writes samples as fragmented MP4: `ftyp` and `moov`, then a `moof` and `mdat` for each period, in which the fragments of all tracks
 * are beside each other. Times begin at 0. A track that is described later comes with another
 * movie header.
 */
export class FragmentWriter implements SampleSink {
  readonly #sink: ByteSink
  readonly #chunkS: number
  readonly #faults: StreamFaults
  readonly #watch: FragmentWatch | null
  readonly #beginsAtS: number | null
  readonly #tracks = new Map<number, Track>()
  readonly #memory = new SampleMemory()
  /** Memory of the fragment written last. */
  readonly #out = new BoxWriter(64 * 1024)
  #main: Track | null = null
  #init: Uint8Array | null = null
  #baseS = 0
  #sequence = 0
  #bytes = 0
  /** Media time of the fragment written last. */
  #timeUs = 0

  /** @param chunkS duration of a fragment */
  constructor(sink: ByteSink, chunkS: number, { faults, watch, beginsAtS }: FragmentWriterOptions = {}) {
    this.#watch = watch ?? null
    this.#sink = sink
    this.#chunkS = chunkS
    this.#faults = faults ?? new StreamFaults()
    this.#beginsAtS = beginsAtS ?? null
    this.#baseS = beginsAtS ?? 0
  }

  track(track: SampleTrack): void {
    const known = this.#tracks.get(track.id)
    if (known !== undefined) {
      this.#change(known, track)
      return
    }
    if (!fitsMp4(track)) {
      this.#faults.add('unsupported')
      return
    }
    const number = this.#tracks.size + 1
    this.#tracks.set(track.id, { track, number, samples: [], nextTicks: 0, sets: null, described: false })
  }

  sample({ track: id, data, decodeTicks, offsetTicks, durationTicks, sync }: Sample): void {
    const track = this.#tracks.get(id)
    if (track === undefined) return
    const { timescale } = track.track
    const main = this.#mainTrack()
    if (track === main && this.#isDue(main, decodeTicks, sync)) this.#write()
    const bytes = this.#memory.copy(sync && track.sets !== null ? joinBytes([track.sets, data]) : data)
    if (sync) track.sets = null
    track.samples.push({ data: bytes, decodeTicks, offsetTicks, durationTicks, sync })
    track.nextTicks = decodeTicks + durationTicks
    this.#bytes += bytes.length
    // Of one track nothing else belongs to the fragment: its last sample does not wait for the next one.
    const isWhole = this.#beginsAtS !== null && this.#span(track) >= (this.#chunkS - MARGIN_S) * timescale
    if (
      isWhole ||
      this.#bytes > MAX_FRAGMENT_BYTES ||
      (track !== main && this.#span(track) > 4 * this.#period() * timescale)
    )
      this.#write()
  }

  end(): void {
    this.flush()
    this.#sink.end(this.#timeUs)
  }

  /** Writes what is held, of all tracks. */
  flush(): void {
    if (this.#bytes > 0 || [...this.#tracks.values()].some(({ samples }) => samples.length > 0)) this.#write()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  /** The track whose samples end fragments: video, if there is any. */
  #mainTrack(): Track | null {
    if (this.#main !== null && this.#init !== null) return this.#main
    const tracks = [...this.#tracks.values()]
    this.#main = tracks.find(({ track }) => track.kind === 'video') ?? tracks[0] ?? null
    return this.#main
  }

  #period(): number {
    const waits = this.#init === null && this.#beginsAtS === null
    return waits ? Math.max(this.#chunkS, TRACKS_S) : this.#chunkS
  }

  #span({ samples, nextTicks }: Track): number {
    const [first] = samples
    return first === undefined ? 0 : nextTicks - first.decodeTicks
  }

  /** A fragment ends after its duration, and before a sync sample, so that one who comes later can begin there. */
  #isDue(main: Track, decodeTicks: number, sync: boolean): boolean {
    const [first] = main.samples
    if (sync && this.#init !== null && main.samples.at(-1)?.sync === false) return true
    return first !== undefined && decodeTicks - first.decodeTicks >= (this.#period() - MARGIN_S) * main.track.timescale
  }

  #write(): void {
    const tracks = [...this.#tracks.values()].filter(({ samples, described }) => described || samples.length > 0)
    if (this.#init === null && this.#beginsAtS === null) {
      const starts = tracks.map(({ track, samples }) => (samples[0]?.decodeTicks ?? 0) / track.timescale)
      this.#baseS = Math.min(...starts)
    }
    if (tracks.some(({ described }) => !described)) this.#begin(tracks)
    const runs = tracks
      .filter(({ samples }) => samples.length > 0)
      .map(({ track, number, samples }) => ({ number, samples, baseTicks: Math.round(this.#baseS * track.timescale) }))
    if (runs.length === 0) return
    const firstS = runs.map(({ number, samples }) => this.#secondsOf(tracks, number, samples))
    this.#timeUs = Math.round(Math.min(...firstS) * 1e6)
    const begins = this.#main?.samples[0]?.sync ?? true
    const fragment = makeFragment(this.#out, ++this.#sequence, runs)
    this.#watch?.written(runs, fragment.length - this.#dataOf(runs), this.#dataOf(runs))
    for (const track of this.#tracks.values()) {
      for (const { data } of track.samples) this.#memory.release(data)
      track.samples = []
    }
    this.#bytes = 0
    if (begins) this.#sink.joinable?.(this.#init)
    this.#sink.chunk(fragment, 0, fragment.length, this.#timeUs)
  }

  #dataOf(runs: readonly FragmentTrackRun[]): number {
    let bytes = 0
    for (const { samples } of runs) for (const { data } of samples) bytes += data.length
    return bytes
  }

  #secondsOf(tracks: readonly Track[], number: number, [first]: readonly HeldSample[]): number {
    const track = tracks.find((each) => each.number === number)
    return (first?.decodeTicks ?? 0) / (track?.track.timescale ?? 1)
  }

  #begin(tracks: readonly Track[]): void {
    for (const track of tracks) track.described = true
    const out = new BoxWriter(4096)
    out.bytes(makeFileType(true))
    const described = tracks.map(({ track, number }) => ({
      track,
      number,
      startTicks: Math.max(0, Math.round((track.startTicks ?? 0) - this.#baseS * track.timescale)),
      durationTicks: 0,
    }))
    out.bytes(makeMovie(described, true))
    this.#init = out.take()
    this.#watch?.begun(described, this.#init.length)
    this.#sink.format?.({ contentType: 'video/mp4', extension: 'mp4' })
    this.#sink.joinable?.(null)
    this.#sink.chunk(this.#init, 0, this.#init.length, this.#timeUs)
  }

  /** A new configuration of video goes before its next sync sample: a movie has one for all fragments. */
  #change(known: Track, track: SampleTrack): void {
    const codec = nalCodecOf(track.codec)
    if (track.timescale !== known.track.timescale || codec !== nalCodecOf(known.track.codec)) {
      this.#faults.add('unsupported')
      return
    }
    if (this.#init === null && known.samples.length === 0) known.track = track
    else if (codec !== null && track.configuration !== null)
      known.sets = withLengths(parameterSetsOf(codec, track.configuration), nalLengthBytes(codec, track.configuration))
  }
}

function withLengths(sets: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const out = new BoxWriter()
  for (const set of sets) {
    for (let byte = lengthBytes - 1; byte >= 0; byte--) out.u8((set.length >>> (8 * byte)) & 255)
    out.bytes(set)
  }
  return out.take()
}
