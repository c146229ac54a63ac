import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { SampleMemory } from './sample-memory.ts'

/** Longest time for which a track is waited for, s. */
const MAX_LAG_S = 3
/** Time for which further tracks are waited for at first, s; where nothing else is known. */
const FIRST_S = 1
/** Most bytes that wait. */
const MAX_BYTES = 64 * 1024 * 1024

type Track = {
  readonly id: number
  timescale: number
  startTicks: number
  readonly waiting: Sample[]
  readonly changes: { readonly before: Sample | null; readonly track: SampleTrack }[]
}

/**
 * Gives samples of all tracks in the order of their decode times. A track without samples is waited for until others are three
 * seconds ahead.
 */
export class SampleInterleaver implements SampleSink {
  readonly #sink: SampleSink
  readonly #tracks: Track[] = []
  readonly #firstS: number
  readonly #memory = new SampleMemory()
  #bytes = 0
  #began = false

  /** @param firstS media time for which further tracks are waited for at first */
  constructor(sink: SampleSink, firstS = FIRST_S) {
    this.#sink = sink
    this.#firstS = firstS
  }

  /** Samples that wait. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    return { items: this.#tracks.reduce((sum, { waiting }) => sum + waiting.length, 0), bytes: this.#bytes }
  }

  track(track: SampleTrack): void {
    const known = this.#tracks.find(({ id }) => id === track.id)
    const { id, timescale, startTicks = 0 } = track
    if (known === undefined) {
      this.#tracks.push({ id, timescale, startTicks, waiting: [], changes: [] })
      this.#sink.track(track)
    } else if (known.waiting.length === 0) {
      known.timescale = timescale
      known.startTicks = startTicks
      this.#sink.track(track)
    } else known.changes.push({ before: null, track })
  }

  sample(sample: Sample): void {
    const track = this.#tracks.find(({ id }) => id === sample.track)
    if (track === undefined) return
    const own = sample.owned === true ? sample : { ...sample, data: this.#memory.copy(sample.data) }
    const last = track.changes.length - 1
    const change = track.changes[last]
    if (change?.before === null) track.changes[last] = { before: own, track: change.track }
    track.waiting.push(own)
    this.#bytes += own.data.length
    this.#give(false)
  }

  gap(track: number, durationTicks: number | null): void {
    this.#sink.gap?.(track, durationTicks)
  }

  /** Gives all that waits. */
  flush(): void {
    this.#give(true)
    this.#began = false
  }

  end(): void {
    this.#give(true)
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #give(all: boolean): void {
    for (;;) {
      let first: Track | null = null
      let firstS = Number.POSITIVE_INFINITY
      let aheadS = Number.NEGATIVE_INFINITY
      let empty = false
      for (const track of this.#tracks) {
        const [next] = track.waiting
        if (next === undefined) {
          empty = true
          continue
        }
        const nextS = secondsOf(track, next)
        if (nextS < firstS) {
          first = track
          firstS = nextS
        }
        aheadS = Math.max(aheadS, secondsOf(track, track.waiting.at(-1) as Sample))
      }
      if (first === null) return
      const lagS = this.#began ? MAX_LAG_S : this.#firstS
      const waits = empty || (!this.#began && this.#tracks.length < 2)
      if (!all && waits && aheadS - firstS < lagS && this.#bytes < MAX_BYTES) return
      this.#began = true
      this.#next(first)
    }
  }

  #next(track: Track): void {
    const sample = track.waiting.shift() as Sample
    this.#bytes -= sample.data.length
    const [change] = track.changes
    if (change !== undefined && change.before === sample) {
      track.changes.shift()
      track.timescale = change.track.timescale
      track.startTicks = change.track.startTicks ?? 0
      this.#sink.track(change.track)
    }
    this.#sink.sample(sample)
    if (sample.owned !== true) this.#memory.release(sample.data)
  }
}

function secondsOf({ timescale, startTicks }: Track, { decodeTicks }: Sample): number {
  return (decodeTicks - startTicks) / timescale
}
