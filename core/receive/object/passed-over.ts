import type { PassedCounts } from '../../flow/findings.ts'

/** Counts what arrives, and what of it is passed over because it arrives too often. */
export class PassedOver implements PassedCounts {
  count = 0
  #fromUs = 0
  #arrived = 0
  #perSecond = 0

  get perSecond(): number {
    return Math.max(this.#perSecond, this.#arrived)
  }

  /** Something new arrived. */
  arrived(timeUs: number): void {
    const passedUs = timeUs - this.#fromUs
    if (passedUs >= 1_000_000 || passedUs < 0) {
      // After a pause the rate is that of what follows.
      this.#perSecond = passedUs < 2_000_000 ? this.#arrived : 0
      this.#arrived = 0
      this.#fromUs = timeUs
    }
    this.#arrived++
  }
}
