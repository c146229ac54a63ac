/** Bytes that arrive and pay for one more look. */
const BYTES_OF_A_LOOK = 16

/**
 * Spaces out looks at everything there is: of many things they are rarer, so that they cost about the same however much
 * was once seen. Each step of time allows for some, and what arrived for more: a step in which much arrived may look at much. In a
 * capture of long pauses each packet is a step of time.
 */
export class SpacedLooks {
  readonly #perStep: number
  #allowed = 0
  #arrivedBytes = 0

  /** @param perStep things that may be looked at for each step of time, whatever arrived */
  constructor(perStep: number) {
    this.#perStep = perStep
  }

  /**
   * Takes a step of time.
   * @param arrivedBytes of all packets so far
   * @returns true where so many things are looked at now
   */
  due(things: number, arrivedBytes: number): boolean {
    this.#allowed += this.#perStep + (arrivedBytes - this.#arrivedBytes) / BYTES_OF_A_LOOK
    this.#arrivedBytes = arrivedBytes
    if (this.#allowed < things) return false
    this.#allowed = 0
    return true
  }
}
