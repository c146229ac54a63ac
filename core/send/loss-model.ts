import type { LossChances } from '../contract/option-values.ts'

/** Nothing is lost. */
const NO_LOSS: LossChances = { begins: 0, ends: 100 }

const PERCENT = 100

/**
 * Loses packets by chance, in bursts: a Markov chain of two states (Gilbert's model). Its chances may change at any time. The same
 * seed loses the same packets.
 */
export class LossModel {
  /** Packets that were lost. */
  lost = 0
  #chances = NO_LOSS
  #losing = false
  #state: number

  /** @param seed whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  get chances(): LossChances {
    return this.#chances
  }

  set chances(chances: LossChances) {
    this.#chances = chances
    if (chances.begins === 0) this.#losing = false
  }

  /** Whether the next packet is lost. */
  loses(): boolean {
    const { begins, ends } = this.#chances
    if (begins === 0) return false
    if (this.#random() * PERCENT < (this.#losing ? ends : begins)) this.#losing = !this.#losing
    if (this.#losing) this.lost++
    return this.#losing
  }

  /** From 0 to below 1 (mulberry32). */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
