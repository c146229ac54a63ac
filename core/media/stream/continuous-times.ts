import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import type { StreamFaults } from './stream-faults.ts'

/** Times further from what follows than this have begun anew, s. */
const JUMP_S = 10
/** Samples held after a new beginning, until each track has one. */
const MAX_HELD_S = 2
const MAX_HELD_BYTES = 16 * 1024 * 1024

type Track = { timescale: number; shiftTicks: number; nextTicks: number | null; lastRawTicks: number | null }
type Held = Omit<Sample, 'data'> & { readonly data: Uint8Array }

/**
 * Keeps the times of a presentation going where its source begins again, by another sender or by a jump: what follows is moved by the
 * same time in all tracks, so that the first of it follows the last before.
 */
export class ContinuousTimes implements SampleSink {
  readonly #sink: SampleSink
  readonly #faults: StreamFaults
  readonly #tracks = new Map<number, Track>()
  /** Samples of a new beginning; null: none. */
  #held: Held[] | null = null
  #heldBytes = 0

  constructor(sink: SampleSink, faults: StreamFaults) {
    this.#sink = sink
    this.#faults = faults
  }

  track(track: SampleTrack): void {
    const known = this.#tracks.get(track.id)
    if (known === undefined)
      this.#tracks.set(track.id, { timescale: track.timescale, shiftTicks: 0, nextTicks: null, lastRawTicks: null })
    else if (known.timescale !== track.timescale) {
      const factor = track.timescale / known.timescale
      known.shiftTicks = Math.round(known.shiftTicks * factor)
      known.nextTicks = known.nextTicks === null ? null : Math.round(known.nextTicks * factor)
      known.lastRawTicks = null
      known.timescale = track.timescale
    }
    this.#sink.track(track)
  }

  /** Another sender begins: its times are its own. */
  restart(): void {
    this.#release()
    if ([...this.#tracks.values()].some(({ nextTicks }) => nextTicks !== null)) this.#held = []
  }

  sample(sample: Sample): void {
    const track = this.#tracks.get(sample.track)
    if (track === undefined) return
    const last = track.lastRawTicks
    const next = last === null ? sample.decodeTicks : last
    if (this.#held === null && Math.abs(sample.decodeTicks - next) > JUMP_S * track.timescale) {
      this.#faults.add('jump')
      this.restart()
      for (const each of this.#tracks.values()) each.lastRawTicks = null
    }
    track.lastRawTicks = sample.decodeTicks + sample.durationTicks
    if (this.#held !== null) this.#hold(this.#held, sample)
    else this.#give(track, sample)
  }

  gap(track: number, durationTicks: number | null): void {
    this.#sink.gap?.(track, durationTicks)
  }

  end(): void {
    this.#release()
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #hold(held: Held[], sample: Sample): void {
    held.push(sample.owned === true ? sample : { ...sample, data: sample.data.slice(), owned: true })
    this.#heldBytes += sample.data.length
    const seen = new Set(held.map(({ track }) => track))
    const [first] = held
    const timescale = this.#tracks.get(sample.track)?.timescale ?? 1
    const own = held.find(({ track }) => track === sample.track) ?? first
    const spanS = (sample.decodeTicks - (own?.decodeTicks ?? 0)) / timescale
    if (seen.size >= this.#tracks.size || spanS > MAX_HELD_S || this.#heldBytes > MAX_HELD_BYTES) this.#release()
  }

  /** Moves what is held behind what was given. */
  #release(): void {
    const held = this.#held
    this.#held = null
    this.#heldBytes = 0
    if (held === null || held.length === 0) return
    const secondsOf = ({ track, decodeTicks }: Held): number => decodeTicks / (this.#tracks.get(track)?.timescale ?? 1)
    const beginS = Math.min(...held.map(secondsOf))
    const endS = Math.max(0, ...[...this.#tracks.values()].map((each) => (each.nextTicks ?? 0) / each.timescale))
    for (const track of this.#tracks.values()) track.shiftTicks = Math.round((endS - beginS) * track.timescale)
    for (const sample of held) {
      const track = this.#tracks.get(sample.track)
      if (track !== undefined) this.#give(track, sample)
    }
  }

  #give(track: Track, sample: Sample): void {
    const decodeTicks = sample.decodeTicks + track.shiftTicks
    track.nextTicks = decodeTicks + sample.durationTicks
    this.#sink.sample(track.shiftTicks === 0 ? sample : { ...sample, decodeTicks })
  }
}
