/** Remembered skips; older ones count for all times before. */
const MAX_SKIPS = 64

/**
 * The stream's time as it passed at the sender: stream time and what was skipped of it. A capture in `real` pace shortens its
 * gaps, and jumps ahead after it fell behind; a computer that slept saw nothing meanwhile.
 */
export class SkippedTime {
  /** Stream time from which each sum of skips counts, ascending. */
  readonly #skips: { readonly fromUs: number; readonly sumUs: number }[] = []

  /** From stream time `fromUs` on, `byUs` more have passed than the stream shows; less than 0: that much did not pass. */
  skip(fromUs: number, byUs: number): void {
    this.#skips.push({ fromUs, sumUs: (this.#skips.at(-1)?.sumUs ?? 0) + byUs })
    if (this.#skips.length > MAX_SKIPS) this.#skips.shift()
  }

  /** Stream time as time that passed. */
  of(timeUs: number): number {
    for (let at = this.#skips.length - 1; at >= 0; at--) {
      const { fromUs, sumUs } = this.#skips[at] as { fromUs: number; sumUs: number }
      if (timeUs >= fromUs) return timeUs + sumUs
    }
    return timeUs
  }
}
