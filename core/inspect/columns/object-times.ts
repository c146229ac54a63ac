import type { FlowObject } from '../../flow/objects.ts'
import { OptionalColumn } from './optional-column.ts'

/** What headers said of each object's time, by row; costs nothing where senders say none. */
export class ObjectTimeColumns {
  readonly senderUs = new OptionalColumn()
  /** Arrival less sender current time. */
  readonly senderDelayUs = new OptionalColumn()
  readonly residualMs = new OptionalColumn()
  readonly sessionChangedUs = new OptionalColumn()
  readonly presentationUs = new OptionalColumn()
  readonly earliestTicks = new OptionalColumn()
  /** By channel: the delay of the last object that told it. */
  readonly #channelDelays = new OptionalColumn()

  /** Takes over what is known of an object by now. */
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
