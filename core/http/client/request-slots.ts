/** Bounds the requests at a time; others wait in order. */
export class RequestSlots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Waits for a slot. @returns the function that frees it, to be called once */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return () => this.#giveBack()
  }

  /** Takes a slot without waiting, where `spare` others stay free. @returns as `take`; null: there is none */
  takeNow(spare: number): (() => void) | null {
    if (this.#free <= spare) return null
    this.#free--
    return () => this.#giveBack()
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
