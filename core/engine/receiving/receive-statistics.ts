import type { TotalsSnapshot } from '../../contract/snapshot.ts'

type Counts = Pick<TotalsSnapshot, 'packets' | 'bytes' | 'objects' | 'complete' | 'incomplete' | 'lostBytes'>

const NOTHING: Counts = { packets: 0, bytes: 0, objects: 0, complete: 0, incomplete: 0, lostBytes: 0 }

/**
 * Logs a line of statistics each period of stream time (GPAC's stats): of that period, or with a period below 0 since the start.
 */
export class ReceiveStatistics {
  readonly #periodUs: number
  readonly #fromStart: boolean
  readonly #log: (text: string) => void
  #sinceUs = -1
  #startUs = -1
  #before: Counts = NOTHING

  /** @param periodMs 0: never */
  constructor(periodMs: number, log: (text: string) => void) {
    this.#periodUs = Math.abs(periodMs) * 1000
    this.#fromStart = periodMs < 0
    this.#log = log
  }

  /** Logs a line at the end of a period. `totals` is called only then. */
  tick(timeUs: number, totals: () => Counts): void {
    if (this.#periodUs === 0) return
    if (this.#sinceUs < 0 || timeUs < this.#sinceUs) {
      if (this.#startUs < 0) this.#startUs = timeUs
      this.#sinceUs = timeUs
      return
    }
    if (timeUs - this.#sinceUs >= this.#periodUs) this.#tell(timeUs, totals())
  }

  #tell(timeUs: number, now: Counts): void {
    const from = this.#fromStart ? NOTHING : this.#before
    const spanS = (timeUs - (this.#fromStart ? this.#startUs : this.#sinceUs)) / 1e6
    const packets = now.packets - from.packets
    const bytes = now.bytes - from.bytes
    const rate = spanS > 0 ? (bytes * 8) / spanS / 1e6 : 0
    this.#log(
      `${this.#fromStart ? 'Since the start' : 'Statistics'}, ${spanS.toFixed(1)} s: ${packets} packets, ${bytes} bytes, ` +
        `${rate.toFixed(2)} Mb/s; ${now.complete - from.complete} objects complete, ${now.incomplete - from.incomplete} incomplete, ` +
        `${now.lostBytes - from.lostBytes} bytes lost`,
    )
    this.#before = now
    this.#sinceUs = timeUs
  }
}
