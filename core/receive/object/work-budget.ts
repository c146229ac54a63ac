/** Bounds work: `take` before the cost is spent, `add` where it is known only afterwards. */
export interface Work {
  /**
   * Takes `cost`.
   * @returns false with nothing taken where there is less
   */
  take(cost: number, timeUs: number): boolean
  /** Takes further cost, into debt if necessary. */
  add(cost: number): void
}

/**
 * Bound on decoding per span of stream time: signalling repeats, and signalling that changes with each packet is an
 * attack or a broken sender. A token bucket that starts full, within a larger one where there is one.
 */
export class WorkBudget implements Work {
  readonly #most: number
  readonly #perSecond: number
  readonly #within: Work | null
  #left: number
  #timeUs = 0

  constructor(most: number, perSecond: number, within: Work | null = null) {
    this.#most = most
    this.#perSecond = perSecond
    this.#within = within
    this.#left = most
  }

  take(cost: number, timeUs: number): boolean {
    const passedUs = Math.max(0, timeUs - this.#timeUs)
    this.#timeUs = timeUs
    this.#left = Math.min(this.#most, this.#left + (passedUs / 1e6) * this.#perSecond)
    if (this.#left < cost || this.#within?.take(cost, timeUs) === false) return false
    this.#left -= cost
    return true
  }

  add(cost: number): void {
    this.#left -= cost
    this.#within?.add(cost)
  }
}
