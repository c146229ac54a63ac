import type { FlowObject } from '../../flow/objects.ts'
import { OptionalColumn } from './optional-column.ts'

/** Times in the headers of objects, by row; free where senders set none. */
export class ObjectTimeColumns {
  readonly senderUs = new OptionalColumn()
  /** Arrival minus sender current time. */
  readonly senderDelayUs = new OptionalColumn()
  readonly residualMs = new OptionalColumn()
  readonly sessionChangedUs = new OptionalColumn()
  readonly presentationUs = new OptionalColumn()
  readonly earliestTicks = new OptionalColumn()
  /** By channel: the newest delay. */
  readonly #channelDelays = new OptionalColumn()

  /** Copies an object's current times. */
  copy(row: number, object: FlowObject): void {
    const { times } = object
    if (times === null) return
    this.senderUs.set(row, times.senderUs)
    this.residualMs.set(row, times.residualMs)
    this.sessionChangedUs.set(row, times.sessionChangedUs)
    this.presentationUs.set(row, times.presentationUs)
    this.earliestTicks.set(row, times.earliestTicks)
    if (times.senderUs === null || times.senderArrivalUs === null) return
    const delayUs = times.senderArrivalUs - times.senderUs
    this.senderDelayUs.set(row, delayUs)
    this.#channelDelays.set(object.channel, delayUs)
  }

  delayOfChannel(channel: number): number | null {
    return this.#channelDelays.get(channel)
  }
}
