/**
 * Bound on decoding per span of stream time: signalling repeats, and signalling that changes with each packet is an
 * attack or a broken sender. A token bucket that starts full.
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

  /**
   * Takes `cost`.
   * @returns false with nothing taken where the bucket has less
   */
  take(cost: number, timeUs: number): boolean {
    const passedUs = Math.max(0, timeUs - this.#timeUs)
    this.#timeUs = timeUs
    this.#left = Math.min(this.#most, this.#left + (passedUs / 1e6) * this.#perSecond)
    if (this.#left < cost) return false
    this.#left -= cost
    return true
  }

  /** Takes further cost, into debt if necessary. */
  add(cost: number): void {
    this.#left -= cost
  }
}
