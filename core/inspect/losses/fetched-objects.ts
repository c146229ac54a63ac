import type { ChannelFacts } from '../../flow/facts.ts'

/** How the receiver counts an object that ended without all its bytes. */
type Counted = 'incomplete' | 'cutOff'

type Tally = Record<Counted, number>

/** Objects of a channel by their end. */
export type ObjectCounts = { readonly complete: number; readonly incomplete: number; readonly cutOff: number }

/**
 * Objects that HTTP repair made whole. The receiver counts them as they ended on air; who asks what there is now gets them as
 * complete.
 */
export class FetchedObjects {
  readonly #rows = new Map<number, { readonly channel: number; readonly counted: Counted }>()
  readonly #tallies: (Tally | undefined)[] = []

  /** @param counted how the object of the row ended on air */
  add(row: number, channel: number, counted: Counted): void {
    if (this.#rows.has(row)) return
    this.#rows.set(row, { channel, counted })
    let tally = this.#tallies[channel]
    if (tally === undefined) {
      tally = { incomplete: 0, cutOff: 0 }
      this.#tallies[channel] = tally
    }
    tally[counted]++
  }

  /** The object of the row is being received again: the receiver counts it at its next end. */
  remove(row: number): void {
    const fetched = this.#rows.get(row)
    if (fetched === undefined) return
    this.#rows.delete(row)
    const tally = this.#tallies[fetched.channel]
    if (tally !== undefined) tally[fetched.counted]--
  }

  /** Objects of a channel as they are now. */
  countsOf({ index, complete, incomplete, cutOff }: ChannelFacts): ObjectCounts {
    const tally = this.#tallies[index]
    if (tally === undefined) return { complete, incomplete, cutOff }
    return {
      complete: complete + tally.incomplete + tally.cutOff,
      incomplete: incomplete - tally.incomplete,
      cutOff: cutOff - tally.cutOff,
    }
  }
}
