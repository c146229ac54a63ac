/** Steps below this are not followed: the network makes them, not the clock, µs. */
const JITTER_US = 50_000
/** The resolution of the Date header, µs. */
const DATE_STEP_US = 1_000_000

/**
 * The clock of a server, by what its answers say of it. A `Date` says the second only: the bounds of several are narrowed, and
 * as long as this machine's own clock agrees with them it is believed.
 */
export class ServerClock {
  readonly #nowUs: () => number
  #offsetUs = 0
  #leastUs = Number.NEGATIVE_INFINITY
  #mostUs = Number.POSITIVE_INFINITY

  /** @param nowUs clock of this machine */
  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  nowUs(): number {
    return this.#nowUs() + this.#offsetUs
  }

  /** Takes an exact time, which held between a request and its answer. */
  exact(timeUs: number, askedUs: number, answeredUs: number): void {
    const offsetUs = Math.round(timeUs - (askedUs + answeredUs) / 2)
    if (Math.abs(offsetUs - this.#offsetUs) > JITTER_US) this.#offsetUs = offsetUs
  }

  /** Takes the Date header of an answer; an unreadable one says nothing. */
  date(header: string | undefined, askedUs: number, answeredUs: number): void {
    const dateUs = Date.parse(header ?? '') * 1000
    if (Number.isNaN(dateUs)) return
    const least = dateUs - answeredUs
    const most = dateUs + DATE_STEP_US - askedUs
    // Bounds that contradict those before: the clock was set.
    if (least > this.#mostUs || most < this.#leastUs) {
      this.#leastUs = least
      this.#mostUs = most
    } else {
      this.#leastUs = Math.max(this.#leastUs, least)
      this.#mostUs = Math.min(this.#mostUs, most)
    }
    this.#offsetUs = this.#leastUs <= 0 && this.#mostUs >= 0 ? 0 : this.#leastUs
  }
}
