import type { StreamFaults } from '../stream/stream-faults.ts'

/** A picture that waits for its place in output order. */
type Waiting<T> = { readonly order: number; readonly value: T; display: number }

/**
 * Gives pictures in decoding order with their place in output order, by the bumping process: of more pictures than may be reordered
 * the first in order is output (ISO/IEC 14496-10 §C.4.5.3).
 */
export class DisplayOrder<T> {
  readonly #take: (value: T, display: number) => void
  readonly #faults: StreamFaults
  /** In decoding order. */
  readonly #queue: Waiting<T>[] = []
  /** Not yet output. */
  readonly #open: Waiting<T>[] = []
  #displayed = 0
  #last = Number.NEGATIVE_INFINITY

  constructor(take: (value: T, display: number) => void, faults: StreamFaults) {
    this.#take = take
    this.#faults = faults
  }

  /**
   * @param restart all pictures before precede this one in output order
   * @param depth most pictures that may be reordered
   */
  push(value: T, order: number, restart: boolean, depth: number): void {
    if (restart) {
      this.#output(0)
      this.#last = Number.NEGATIVE_INFINITY
    }
    if (order < this.#last) this.#faults.add('late')
    const entry = { order, value, display: -1 }
    this.#queue.push(entry)
    let at = this.#open.length
    while (at > 0 && (this.#open[at - 1] as Waiting<T>).order > order) at--
    this.#open.splice(at, 0, entry)
    this.#output(depth)
    this.#give()
  }

  /** Outputs all that wait. */
  flush(): void {
    this.#output(0)
    this.#give()
  }

  #output(depth: number): void {
    while (this.#open.length > depth) {
      const entry = this.#open.shift() as Waiting<T>
      entry.display = this.#displayed++
      this.#last = Math.max(this.#last, entry.order)
    }
  }

  #give(): void {
    while (this.#queue.length > 0 && (this.#queue[0] as Waiting<T>).display >= 0) {
      const { value, display } = this.#queue.shift() as Waiting<T>
      this.#take(value, display)
    }
  }
}
