import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'

/** Passes samples on from a time of the presentation: from the first random access point at or after it, in all tracks. */
export class SampleFrom implements SampleSink {
  readonly #sink: SampleSink
  readonly #startS: number
  readonly #tracks = new Map<number, SampleTrack>()
  /** Presentation time from which samples are given; null before. */
  #beginS: number | null = null

  constructor(sink: SampleSink, startS: number) {
    this.#sink = sink
    this.#startS = startS
  }

  track(track: SampleTrack): void {
    this.#tracks.set(track.id, track)
    this.#sink.track(track)
  }

  sample(sample: Sample): void {
    const track = this.#tracks.get(sample.track)
    if (track === undefined) return
    const shownS = (sample.decodeTicks + sample.offsetTicks - (track.startTicks ?? 0)) / track.timescale
    if (this.#beginS === null) {
      const leads = track.kind === 'video' || ![...this.#tracks.values()].some(({ kind }) => kind === 'video')
      if (!leads || !sample.sync || shownS < this.#startS) return
      this.#beginS = shownS
    }
    if (track.kind === 'video' || shownS >= this.#beginS) this.#sink.sample(sample)
  }

  gap(track: number, durationTicks: number | null): void {
    if (this.#beginS !== null) this.#sink.gap?.(track, durationTicks)
  }

  end(): void {
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }
}
