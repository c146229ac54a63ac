import type { SampleSink } from '../../flow/samples.ts'
import { SampleJoin } from './sample-join.ts'

/** Input of a part that takes samples of one giver, or of several at once, each with tracks of its own. */
export class SampleInput {
  #givers = 0
  #join: SampleJoin | null = null

  /** Another giver is linked. */
  add(): void {
    this.#givers++
  }

  /** The input of the next giver. */
  lane(sink: SampleSink): SampleSink {
    if (this.#givers < 2) return sink
    this.#join ??= new SampleJoin(sink, this.#givers)
    return this.#join.lane()
  }
}
