import type { DatagramInput } from './faces/datagram-input.ts'

/** Time passes at least this often while sockets are silent. */
const TICK_MS = 100

/** A source whose stream time is wall time and passes without packets. */
export type LiveSource = {
  readonly output: { readonly inputs: readonly DatagramInput[] }
  /** Hands on all that has arrived by now. */
  flush?(): void
  /** Looks after itself, once time has passed for what it gives to. */
  look?(nowUs: number): void
}

/** Wall time for the live sources of a session: what has arrived is handed on, then time passes for whatever takes it. */
export class LiveClock {
  readonly #nowUs: () => number
  readonly #sources = new Set<LiveSource>()
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** @returns the function that ends it */
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
