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
  readonly #ruleUs: () => number
  readonly #expectedUs: () => number | null
  readonly #pauses: number[] = []
  /** Their median; 0 while it is not known. */
  #usualUs = 0

  /**
   * @param ruleUs pause that is right of anything, µs
   * @param expectedUs interval at which something is usually sent, µs; null while that is not known
   */
  constructor(time: SkippedTime, ruleUs: () => number, expectedUs: () => number | null) {
    this.#time = time
    this.#ruleUs = ruleUs
    this.#expectedUs = expectedUs
  }

  /**
   * Packets came.
   * @param firstUs of the first of them
   * @returns the outage that they ended
   */
  came(firstUs: number, lastUs: number): Outage | null {
    const before = this.lastUs
    if (lastUs > before) this.lastUs = lastUs
    const pauseUs = before < 0 ? 0 : this.#time.of(firstUs) - this.#time.of(before)
    let { outage } = this
    this.outage = null
    // One that began and ended between two looks.
    if (outage === null && this.#isTooLong(pauseUs)) outage = this.#outageFrom(before)
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
  passed(nowUs: number): Outage | null {
    if (this.lastUs < 0 || this.outage !== null) return null
    if (!this.#isTooLong(this.#time.of(nowUs) - this.#time.of(this.lastUs))) return null
    this.outage = this.#outageFrom(this.lastUs)
    return this.outage
  }

  /** Time, as it passed, before which no outage begins, not even without a packet; any time where one awaits its end. */
  dueUs(nowUs: number): number {
    if (this.outage !== null) return Number.NEGATIVE_INFINITY
    if (this.lastUs < 0) return Number.POSITIVE_INFINITY
    const fromUs = this.#time.of(this.lastUs)
    const ruleUs = this.#ruleUs()
    return fromUs + (this.#time.of(nowUs) - fromUs < ruleUs ? ruleUs : this.#limitUs())
  }

  /** What is usual here is looked up for the few pauses that the rule does not allow. */
  #isTooLong(pauseUs: number): boolean {
    return pauseUs > this.#ruleUs() && pauseUs > this.#limitUs()
  }

  /** Longest pause that is right: the rule's, or twice what is usual here. */
  #limitUs(): number {
    const ruleUs = this.#ruleUs()
    const usualUs = 2 * Math.max(this.#usualUs, this.#expectedUs() ?? 0)
    return Math.min(Math.max(ruleUs, usualUs), Math.max(ruleUs, LONGEST_LIMIT_US))
  }

  #outageFrom(fromUs: number): Outage {
    return { fromUs, untilUs: null, lengthUs: null, limitUs: this.#limitUs() }
  }

  #usual(pauseUs: number): void {
    this.#pauses.push(pauseUs)
    if (this.#pauses.length > KEPT_PAUSES) this.#pauses.shift()
    if (this.#pauses.length < FEW_PAUSES) return
    const sorted = [...this.#pauses].sort((a, b) => a - b)
    this.#usualUs = sorted[sorted.length >> 1] as number
  }
}
