/** Window of a mean rate, µs of stream time. */
const WINDOW_US = 1_000_000

type Counted = { readonly packets: number; readonly bytes: number }
type Rate = { packets: number; bytes: number; bps: number; pps: number }

/** Bits and packets per second of anything that counts both, over windows of about a second of stream time. */
export class RateMeter {
  readonly #rates = new Map<Counted, Rate>()
  #sinceUs = -1
  #settled = false

  /** True where a window is over: before, `sample` changes nothing. */
  isDue(timeUs: number): boolean {
    const elapsedUs = timeUs - this.#sinceUs
    return !this.#settled && (this.#sinceUs < 0 || elapsedUs < 0 || elapsedUs >= WINDOW_US)
  }

  /** Takes the stream's time; updates rates once a window. */
  sample(timeUs: number, counted: Iterable<Counted>): void {
    if (!this.isDue(timeUs)) return
    const elapsedUs = timeUs - this.#sinceUs
    const first = this.#sinceUs < 0 || elapsedUs < 0
    this.#sinceUs = timeUs
    for (const each of counted) {
      const rate = this.#rates.get(each)
      if (rate === undefined) {
        const packets = first ? each.packets : 0
        const bytes = first ? each.bytes : 0
        this.#rates.set(each, this.#next({ packets, bytes, bps: 0, pps: 0 }, each, first ? 0 : elapsedUs))
      } else {
        this.#next(rate, each, first ? 0 : elapsedUs)
      }
    }
  }

  /** Ends the session after `spanUs`: from now on rates are means over all of it. */
  settle(spanUs: number, counted: Iterable<Counted>): void {
    for (const each of counted)
      this.#rates.set(each, this.#next({ packets: 0, bytes: 0, bps: 0, pps: 0 }, each, spanUs))
    this.#settled = true
  }

  #next(rate: Rate, counted: Counted, elapsedUs: number): Rate {
    rate.bps = elapsedUs === 0 ? 0 : Math.round(((counted.bytes - rate.bytes) * 8e6) / elapsedUs)
    rate.pps = elapsedUs === 0 ? 0 : Math.round(((counted.packets - rate.packets) * 1e6) / elapsedUs)
    rate.packets = counted.packets
    rate.bytes = counted.bytes
    return rate
  }

  bitsPerSecond(counted: Counted): number {
    return this.#rates.get(counted)?.bps ?? 0
  }

  packetsPerSecond(counted: Counted): number {
    return this.#rates.get(counted)?.pps ?? 0
  }
}
