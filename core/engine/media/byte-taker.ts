import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import type { Part } from '../part.ts'

/** The inputs of all takers of bytes as one; null where there is none. */
export function byteTaker(takers: readonly Part[]): ByteSink | null {
  const sinks = takers.map(({ input }) => input as ByteSink)
  const [only] = sinks
  if (only === undefined || sinks.length === 1) return only ?? null
  return {
    format: (format) => {
      for (const sink of sinks) sink.format?.(format)
    },
    chunk: (bytes, start, end, timeUs) => {
      for (const sink of sinks) sink.chunk(bytes, start, end, timeUs)
    },
    discontinuity: (missing, timeUs) => {
      for (const sink of sinks) sink.discontinuity?.(missing, timeUs)
    },
    end: (timeUs) => {
      for (const sink of sinks) sink.end(timeUs)
    },
    busy: () => allOf(sinks.map((sink) => sink.busy?.() ?? null)),
    get isOver() {
      return sinks.every(({ isOver }) => isOver === true)
    },
  }
}

/** The inputs of all takers of samples as one; it counts what passes. */
export class SampleFan implements SampleSink {
  items = 0
  bytes = 0
  readonly #sinks: readonly SampleSink[]

  constructor(takers: readonly Part[]) {
    this.#sinks = takers.map(({ input }) => input as SampleSink)
  }

  track(track: SampleTrack): void {
    for (const sink of this.#sinks) sink.track(track)
  }

  sample(sample: Sample): void {
    this.items++
    this.bytes += sample.data.length
    for (const sink of this.#sinks) sink.sample(sample)
  }

  gap(track: number, durationTicks: number | null): void {
    for (const sink of this.#sinks) sink.gap?.(track, durationTicks)
  }

  end(): void {
    for (const sink of this.#sinks) sink.end()
  }

  busy(): Promise<void> | null {
    return allOf(this.#sinks.map((sink) => sink.busy?.() ?? null))
  }
}

function allOf(waits: readonly (Promise<void> | null)[]): Promise<void> | null {
  const some = waits.filter((wait): wait is Promise<void> => wait !== null)
  return some.length === 0 ? null : Promise.all(some).then(() => undefined)
}
