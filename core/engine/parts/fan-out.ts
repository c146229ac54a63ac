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
