import { PAUSE_US } from '../../flow/facts.ts'
import type { Outage } from '../../flow/findings.ts'
import type { SkippedTime } from './skipped-time.ts'

/** Pauses remembered to know what is usual, and those after which it is known. */
const KEPT_PAUSES = 8
const FEW_PAUSES = 3
/** Usual pauses make no limit longer than this, µs. */
const LONGEST_LIMIT_US = 60_000_000

/** Life of what sends packets: when the last one came, how long its pauses usually are, and its present outage. */
export class Pulse {
  /** Stream time of the last packet; less than 0 before the first. */
  lastUs = -1
  outage: Outage | null = null
  /** The sender had closed what is silent: its outage is no fault. */
  closed = false
  readonly #time: SkippedTime
  readonly #pauses: number[] = []
  /** Their median; 0 while it is not known. */
  #usualUs = 0

  constructor(time: SkippedTime) {
    this.#time = time
  }

  /**
   * Packets came.
   * @param firstUs of the first of them
   * @returns the outage that they ended
   */
  came(firstUs: number, lastUs: number, limitUs: number): Outage | null {
    const before = this.lastUs
    if (lastUs > before) this.lastUs = lastUs
    const pauseUs = before < 0 ? 0 : this.#time.of(firstUs) - this.#time.of(before)
    let { outage } = this
    this.outage = null
    // One that began and ended between two looks.
    if (outage === null && pauseUs > limitUs) outage = { fromUs: before, untilUs: null, lengthUs: null, limitUs }
    if (outage === null) {
      if (pauseUs > PAUSE_US) this.#usual(pauseUs)
      return null
    }
    outage.untilUs = Math.max(firstUs, outage.fromUs)
    outage.lengthUs = Math.max(0, pauseUs)
    return outage
  }

  /**
   * Nothing came until `nowUs`.
   * @returns an outage that begins
   */
  passed(nowUs: number, limitUs: number): Outage | null {
    if (this.lastUs < 0 || this.outage !== null) return null
    if (this.#time.of(nowUs) - this.#time.of(this.lastUs) <= limitUs) return null
    this.outage = { fromUs: this.lastUs, untilUs: null, lengthUs: null, limitUs }
    return this.outage
  }

  /** Time, as it passed, at which an outage begins unless a packet comes; any time where one awaits its end. */
  dueUs(limitUs: number): number {
    if (this.outage !== null) return Number.NEGATIVE_INFINITY
    return this.lastUs < 0 ? Number.POSITIVE_INFINITY : this.#time.of(this.lastUs) + limitUs
  }

  /** Longest pause that is right: the rule's, or twice what is usual here. */
  limitUs(ruleUs: number, expectedUs: number | null): number {
    return Math.min(Math.max(ruleUs, 2 * this.#usualUs, 2 * (expectedUs ?? 0)), Math.max(ruleUs, LONGEST_LIMIT_US))
  }

  #usual(pauseUs: number): void {
    this.#pauses.push(pauseUs)
    if (this.#pauses.length > KEPT_PAUSES) this.#pauses.shift()
    if (this.#pauses.length < FEW_PAUSES) return
    const sorted = [...this.#pauses].sort((a, b) => a - b)
    this.#usualUs = sorted[sorted.length >> 1] as number
  }
}
