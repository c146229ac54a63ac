import type { ChannelFacts } from '../../flow/facts.ts'
import type { ObjectContext } from '../object/channel-events.ts'
import type { DoneObject } from '../object/done-object.ts'

/** Follows the repeats of a channel's whole objects, and counts what they lack. */
export class RepeatLosses {
  readonly #channel: ChannelFacts
  readonly #context: ObjectContext
  /** Segment whose repeat is followed to its end. */
  #repeating: DoneObject | null = null

  constructor(channel: ChannelFacts, context: ObjectContext) {
    this.#channel = channel
    this.#context = context
  }

  /** Counts what repeats lack; the end of a segment is missing once another one has been sent for a while. */
  follow(done: DoneObject, offset: number, count: number, timeUs: number): void {
    if (done.misses(offset, count, timeUs)) this.#repeatLost(done, timeUs)
    if (!done.media || done === this.#repeating) return
    const before = this.#repeating
    if (before !== null && before.idleUs(timeUs) > this.#context.reorderUs) {
      if (before.endRound()) this.#repeatLost(before, timeUs)
      this.#repeating = null
    }
    if (before === null || before.idleUs(timeUs) < 0) this.#repeating = done
  }

  /** A repeat lacked packets, though the object is whole from before. */
  #repeatLost(done: DoneObject, timeUs: number): void {
    const { missedPackets, missedBytes } = done
    const lost = { packets: missedPackets, bytes: missedBytes, media: done.media }
    done.missedPackets = 0
    done.missedBytes = 0
    this.#context.observer.repeatLost?.(this.#channel, done.carrier, lost, timeUs)
  }
}
