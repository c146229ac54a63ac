/** Allowance for the timers of sender and receiver between a segment's last packet and its availability, µs. */
const SLACK_US = 250_000
/** Changes that the allowance covers, and ones back that show another clock, µs. */
const COVERED_US = 100_000
const MOST_SPARE_US = 10_000_000

/** Of a live service: what its availability at the receivers depends on, µs. */
export type LiveTiming = {
  /** This machine's clock less that of the manifest. */
  readonly clockUs: number
  /** How much later than announced segments are begun. */
  readonly delayUs: number
  /** Time that sending a segment takes at most. */
  readonly sendingUs: number
}

/**
 * From the availability of a segment at its origin to that at the receivers, which its manifest on air announces. It changes only
 * where it must: players take another availabilityStartTime for another presentation.
 */
export class LiveShift {
  #us: number | null = null

  follow({ clockUs, delayUs, sendingUs }: LiveTiming): number {
    const neededUs = clockUs + delayUs + sendingUs + SLACK_US
    const isCovered = this.#us !== null && neededUs <= this.#us + COVERED_US && neededUs >= this.#us - MOST_SPARE_US
    if (!isCovered) this.#us = neededUs
    return this.#us ?? neededUs
  }
}
