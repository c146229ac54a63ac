import type { SampleSink } from '../../flow/samples.ts'

/** Joins the tracks of several streams to one presentation: each lane has numbers of its own, and the end is that of all. */
export class SampleJoin {
  readonly #sink: SampleSink
  /** Lanes that are not open yet. */
  #expected: number
  #next = 1
  #open = 0
  #ended = false

  /** @param expected lanes without which it does not end */
  constructor(sink: SampleSink, expected = 0) {
    this.#sink = sink
    this.#expected = expected
  }

  /** A sink for the samples of one more stream. */
  lane(): SampleSink {
    const ids = new Map<number, number>()
    let isOver = false
    this.#open++
    this.#expected--
    const idOf = (track: number): number => {
      const id = ids.get(track) ?? this.#next++
      ids.set(track, id)
      return id
    }
    return {
      track: (track) => this.#sink.track({ ...track, id: idOf(track.id) }),
      sample: (sample) => this.#sink.sample({ ...sample, track: idOf(sample.track) }),
      gap: (track, ticks) => this.#sink.gap?.(idOf(track), ticks),
      busy: () => this.#sink.busy?.() ?? null,
      end: () => {
        if (isOver) return
        isOver = true
        this.#open--
        if (this.#open > 0 || this.#expected > 0 || this.#ended) return
        this.#ended = true
        this.#sink.end()
      },
    }
  }
}
