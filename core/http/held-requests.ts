import type { HoldReason } from '../contract/served-requests.ts'
import type { Exchange } from './exchange.ts'

/** How a hold ended. `gone`: the client left or the server closed. `full`: too many wait already. */
export type HoldEnd = 'settled' | 'timeout' | 'gone' | 'full'

/** Requests that wait for something to arrive: bounded in number and in time, and released when their client leaves. */
export class HeldRequests {
  readonly #most: number
  readonly #releases = new Set<(end: HoldEnd) => void>()

  constructor(most: number) {
    this.#most = most
  }

  get count(): number {
    return this.#releases.size
  }

  /**
   * Waits until `settled`, which is called after every change.
   * @param watch subscribes to changes and returns the function that unsubscribes
   */
  hold(
    exchange: Exchange,
    ms: number,
    why: HoldReason,
    watch: (changed: () => void) => () => void,
    settled: () => boolean,
  ): Promise<HoldEnd> {
    if (exchange.isOver) return Promise.resolve('gone')
    if (settled()) return Promise.resolve('settled')
    if (ms <= 0) return Promise.resolve('timeout')
    if (this.#releases.size >= this.#most) return Promise.resolve('full')
    const goOn = exchange.hold(why)
    return new Promise((resolve) => {
      const release = (end: HoldEnd): void => {
        if (!this.#releases.delete(release)) return
        clearTimeout(timer)
        unwatch()
        goOn()
        exchange.response.off('close', leave)
        resolve(end)
      }
      const leave = (): void => release('gone')
      const timer = setTimeout(() => release('timeout'), ms)
      const unwatch = watch(() => {
        if (settled()) release('settled')
      })
      exchange.response.once('close', leave)
      this.#releases.add(release)
    })
  }

  releaseAll(): void {
    for (const release of [...this.#releases]) release('gone')
  }
}
