import type { DatagramInput } from './faces/datagram-input.ts'

/** Interval of ticks while sockets are silent. */
const TICK_MS = 100

/** A source whose stream time is wall time, also without packets. */
export type LiveSource = {
  readonly output: { readonly inputs: readonly DatagramInput[] }
  /** Passes on all datagrams that have arrived. */
  flush?(): void
  /** Updates the source's own state, after its takers' `tick`. */
  look?(nowUs: number): void
}

/** Clock of a session's live sources: flushes the sources, then calls `tick` of their takers. */
export class LiveClock {
  readonly #nowUs: () => number
  readonly #sources = new Set<LiveSource>()
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** Adds a source. @returns the function that removes it */
  attach(source: LiveSource): () => void {
    this.#sources.add(source)
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS)
    return () => {
      this.#sources.delete(source)
      if (this.#sources.size > 0 || this.#timer === null) return
      clearInterval(this.#timer)
      this.#timer = null
    }
  }

  #tick(): void {
    for (const source of this.#sources) source.flush?.()
    const now = this.#nowUs()
    const inputs = new Set<DatagramInput>()
    for (const { output } of this.#sources) for (const input of output.inputs) inputs.add(input)
    for (const input of inputs) input.tick?.(now)
    for (const source of [...this.#sources]) source.look?.(now)
  }
}
