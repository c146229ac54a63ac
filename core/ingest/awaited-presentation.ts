import { AppFailure } from '../failure/app-failure.ts'
import { type HttpClock, pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import type { Presentation } from './presentation.ts'

/** Waits before an origin is asked again, ms; the last one repeats. */
const RETRIES_MS: readonly number[] = [1000, 2000, 4000, 8000, 16_000, 30_000]

/** Loads a presentation, until the signal says that nobody wants it any more. */
export type Loading = (over: AbortSignal) => Promise<Presentation>

/**
 * A presentation of a server, which may never answer: it is loaded while others are. Where it does not come in time, or fails at
 * first, it is asked for until it comes.
 */
export class AwaitedPresentation {
  /** Called once, when it has come after its broadcast began. */
  onCame: (presentation: Presentation) => void = () => undefined
  /** Settles when it has come, or failed for the first time. Never rejects. */
  readonly first: Promise<void>
  readonly #load: Loading
  readonly #clock: HttpClock
  readonly #over = new AbortController()
  #failure: unknown = null
  #came: Presentation | null = null
  #inTime: Presentation | null = null
  #asking: Promise<void> | null = null

  constructor(load: Loading, clock: HttpClock = SYSTEM_CLOCK) {
    this.#load = load
    this.#clock = clock
    this.first = this.#ask()
  }

  /** It came before its broadcast began; null: not so. */
  get inTime(): Presentation | null {
    return this.#inTime
  }

  /** What has come, in time or later. */
  get come(): Presentation | null {
    return this.#came
  }

  /** Why it did not come the last time it was asked for; null while the first answer is awaited. */
  get failure(): AppFailure | null {
    return this.#failure instanceof AppFailure ? this.#failure : null
  }

  /**
   * The broadcast begins with what has come so far; `onCame` gets what comes later.
   * @throws what it failed with, where asking again is of no use
   */
  begin(): void {
    this.#inTime = this.#came
    if (this.#came === null && this.#failure !== null && !mayPass(this.#failure)) throw this.#failure
  }

  /** Asks until it comes. */
  goOn(): void {
    if (this.#inTime === null) this.#asking ??= this.#askAgain()
  }

  /** Asks no more, and closes what has come. */
  async close(): Promise<void> {
    this.#over.abort()
    await this.first
    await this.#asking
    await this.#came?.bytes.close()
  }

  async #ask(): Promise<void> {
    try {
      this.#came = await this.#load(this.#over.signal)
    } catch (thrown) {
      if (!this.#over.signal.aborted) this.#failure = thrown
    }
  }

  async #askAgain(): Promise<void> {
    const { signal } = this.#over
    await this.first
    for (let turn = 0; this.#came === null; turn++) {
      await pause(this.#clock, RETRIES_MS[Math.min(turn, RETRIES_MS.length - 1)] ?? 0, signal)
      if (signal.aborted) return
      await this.#ask()
    }
    if (!signal.aborted) this.onCame(this.#came)
  }
}

/** Whether a failure is the origin's and may pass: not one of an address that cannot be asked. */
function mayPass(thrown: unknown): boolean {
  return thrown instanceof AppFailure && thrown.error.code !== 'bad-url'
}
