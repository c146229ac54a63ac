import type { DatagramSink, Flow } from '../../flow/datagrams.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../../flow/objects.ts'

/** Several object sinks as one: a sink that is behind holds the source back, a sink that failed does not stop its siblings. */
export class ObjectFanOut implements ObjectSink {
  /** Buffers are used again only where no sink holds any. */
  readonly holds: boolean
  readonly #sinks: readonly ObjectSink[]

  constructor(sinks: readonly ObjectSink[]) {
    this.#sinks = sinks
    this.holds = sinks.some((sink) => sink.holds === true)
  }

  begun(object: FlowObject): void {
    for (const sink of this.#sinks) sink.begun?.(object)
  }

  whole(file: FlowFile): void {
    for (const sink of this.#sinks) sink.whole(file)
  }

  lost(object: FlowObject): void {
    for (const sink of this.#sinks) sink.lost?.(object)
  }

  busy(): Promise<void> | null {
    let waits: Promise<void>[] | null = null
    for (const sink of this.#sinks) {
      const wait = sink.busy?.() ?? null
      if (wait !== null) {
        waits ??= []
        waits.push(wait)
      }
    }
    return waits === null ? null : Promise.all(waits).then(() => undefined)
  }
}

/** What a source delivered: counted where it enters, before anything can go wrong with it. */
export class DatagramCounter implements DatagramSink {
  datagrams = 0
  /** UDP payload. */
  bytes = 0
  /** Stream time of the first and last datagram, µs; null before the first. */
  firstTimeUs: number | null = null
  lastTimeUs: number | null = null
  /** Set before the source runs; until then datagrams are only counted. */
  next: DatagramSink | null = null
  /** Takes everything as it comes, before the next: a recording. */
  tap: DatagramSink | null = null

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.datagrams++
    this.bytes += end - start
    if (this.firstTimeUs === null) this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.tap?.datagram(flow, bytes, start, end, timeUs, frame)
    this.next?.datagram(flow, bytes, start, end, timeUs, frame)
  }
}
