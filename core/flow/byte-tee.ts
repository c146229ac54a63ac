import type { ByteFormat, ByteSink } from './bytes.ts'

/** Gives one stream to several sinks, and counts what passes. */
export class ByteTee implements ByteSink {
  items = 0
  bytes = 0
  readonly #sinks: ByteSink[] = []

  add(sink: ByteSink): void {
    this.#sinks.push(sink)
  }

  format(format: ByteFormat): void {
    for (const sink of this.#sinks) sink.format?.(format)
  }

  chunk(bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    this.items++
    this.bytes += end - start
    for (const sink of this.#sinks) sink.chunk(bytes, start, end, timeUs)
  }

  discontinuity(missingBytes: number | null, timeUs: number): void {
    for (const sink of this.#sinks) sink.discontinuity?.(missingBytes, timeUs)
  }

  end(timeUs: number): void {
    for (const sink of this.#sinks) sink.end(timeUs)
  }

  busy(): Promise<void> | null {
    return firstOf(this.#sinks, (sink) => sink.busy?.())
  }

  ready(): Promise<void> | null {
    return firstOf(this.#sinks, (sink) => sink.ready?.())
  }
}

function firstOf(
  sinks: readonly ByteSink[],
  wait: (sink: ByteSink) => Promise<void> | null | undefined,
): Promise<void> | null {
  for (const sink of sinks) {
    const waits = wait(sink) ?? null
    if (waits !== null) return waits
  }
  return null
}
