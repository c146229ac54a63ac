import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink } from '../../flow/samples.ts'
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
  }
}

/** The inputs of all takers of samples as one. */
export function sampleTaker(takers: readonly Part[]): SampleSink {
  const sinks = takers.map(({ input }) => input as SampleSink)
  return {
    track: (track) => {
      for (const sink of sinks) sink.track(track)
    },
    sample: (sample) => {
      for (const sink of sinks) sink.sample(sample)
    },
    gap: (track, ticks) => {
      for (const sink of sinks) sink.gap?.(track, ticks)
    },
    end: () => {
      for (const sink of sinks) sink.end()
    },
    busy: () => allOf(sinks.map((sink) => sink.busy?.() ?? null)),
  }
}

function allOf(waits: readonly (Promise<void> | null)[]): Promise<void> | null {
  const some = waits.filter((wait): wait is Promise<void> => wait !== null)
  return some.length === 0 ? null : Promise.all(some).then(() => undefined)
}
