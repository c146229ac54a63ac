import type { AppError } from '../contract/app-error.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import { type HttpClock, pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import type { Presentation } from './presentation.ts'

/** Waits before an origin is asked again, ms; the last one repeats. */
const RETRIES_MS: readonly number[] = [1000, 2000, 4000, 8000, 16_000, 30_000]

/** Loads a presentation, until the signal says that nobody wants it any more. */
export type Loading = (over: AbortSignal) => Promise<Presentation>

/** A presentation that its origin did not give when it was first asked: it is asked for again until it comes. */
export class AwaitedPresentation {
  /** Called once, when it has come. */
  onCame: (presentation: Presentation) => void = () => undefined
  /** Why it did not come the first time. */
  readonly failure: AppFailure
  readonly #load: Loading
  readonly #clock: HttpClock
  readonly #over = new AbortController()
  #lastError: AppError
  #came: Presentation | null = null
  #asking: Promise<void> | null = null

  constructor(failure: AppFailure, load: Loading, clock: HttpClock = SYSTEM_CLOCK) {
    this.failure = failure
    this.#lastError = failure.error
    this.#load = load
    this.#clock = clock
  }

  /** Why it did not come the last time it was asked for. */
  get lastError(): AppError {
    return this.#lastError
  }

  /** Begins to ask. */
  begin(): void {
    this.#asking ??= this.#ask()
  }

  /** Asks no more, and closes what has come. */
  async close(): Promise<void> {
    this.#over.abort()
    await this.#asking
    await this.#came?.bytes.close()
  }

  async #ask(): Promise<void> {
    const { signal } = this.#over
    for (let turn = 0; ; turn++) {
      await pause(this.#clock, RETRIES_MS[Math.min(turn, RETRIES_MS.length - 1)] ?? 0, signal)
      if (signal.aborted) return
      try {
        this.#came = await this.#load(signal)
        if (!signal.aborted) this.onCame(this.#came)
        return
      } catch (thrown) {
        if (signal.aborted) return
        this.#lastError = toAppError(thrown)
      }
    }
  }
}

/** Whether a failure is the origin's and may pass: not one of an address that cannot be asked. */
export function mayPass(thrown: unknown): thrown is AppFailure {
  return thrown instanceof AppFailure && thrown.error.code !== 'bad-url'
}
