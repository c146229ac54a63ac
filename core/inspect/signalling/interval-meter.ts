/** Intervals stored for the median. */
const KEPT = 128

/** Time between arrivals: shortest and longest of all, median of the last 128. Times µs. */
export class IntervalMeter {
  /** Null before the second arrival: most tables of a hostile sender arrive once. */
  #last: Float64Array | null = null
  #count = 0
  #previousUs = -1
  #minUs = Number.POSITIVE_INFINITY
  #maxUs = 0

  arrived(timeUs: number): void {
    const previous = this.#previousUs
    this.#previousUs = timeUs
    if (previous < 0) return
    // A clock set back is no interval of the sender.
    const us = timeUs - previous
    if (us < 0) return
    this.#last ??= new Float64Array(KEPT)
    this.#last[this.#count++ % KEPT] = us
    if (us < this.#minUs) this.#minUs = us
    if (us > this.#maxUs) this.#maxUs = us
  }

  /** Null before the second arrival. */
  get interval(): { readonly minUs: number; readonly medianUs: number; readonly maxUs: number } | null {
    if (this.#last === null) return null
    const sorted = this.#last.slice(0, Math.min(this.#count, KEPT)).sort()
    const middle = sorted.length >> 1
    const upper = sorted[middle] as number
    const medianUs = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
    return { minUs: this.#minUs, medianUs, maxUs: this.#maxUs }
  }
}
