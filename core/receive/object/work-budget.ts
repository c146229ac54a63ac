/**
 * How much decoding the wire may cause in a span of stream time: signalling repeats, and what changes with each packet is an
 * attack or a broken sender. A bucket that starts full and fills as time passes.
 */
export class WorkBudget {
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #timeUs = 0

  constructor(most: number, perSecond: number) {
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
  }

  /** Takes `cost` where it is there. @returns false where it is not, and nothing is taken */
  take(cost: number, timeUs: number): boolean {
    const passedUs = Math.max(0, timeUs - this.#timeUs)
    this.#timeUs = timeUs
    this.#left = Math.min(this.#most, this.#left + (passedUs / 1e6) * this.#perSecond)
    if (this.#left < cost) return false
    this.#left -= cost
    return true
  }

  /** Takes what turned out to be needed besides, into debt if it must. */
  add(cost: number): void {
    this.#left -= cost
  }
}
