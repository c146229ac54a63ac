/**
 * Spaces out looks at everything there is: of many things they are rarer, so that a step of time costs about the same however much
 * was once seen. In a capture of long pauses each packet is a step of time.
 */
export class SpacedLooks {
  readonly #perStep: number
  #allowed = 0

  /** @param perStep things that may be looked at for each step of time */
  constructor(perStep: number) {
    this.#perStep = perStep
  }

  /** Takes a step of time. @returns true where so many things are looked at now */
  due(things: number): boolean {
    this.#allowed += this.#perStep
    if (this.#allowed < things) return false
    this.#allowed = 0
    return true
  }
}
