import type { ServiceId } from '../../contract/ids.ts'
import { isOnChannel } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { FindingPlace } from '../../flow/findings.ts'

/** Packets of a service that end within this time of each other belong to one end, µs. */
const ONE_END_US = 5_000_000
/** A channel may send so long after its last A flag that was looked at, µs. */
const SLACK_US = 1_000_000

/**
 * Knows whose silence the sender has announced: channels (TSIs) whose last packets had the A flag, close session (RFC 5651
 * 5.1). Signalling need not be closed: it ends with the media it describes.
 */
export class ClosedSessions {
  readonly #channels: readonly ChannelFacts[]
  /** By channel: time of its last packet with the A flag. */
  readonly #closedUs = new Map<number, number>()

  constructor(channels: readonly ChannelFacts[]) {
    this.#channels = channels
  }

  /** A packet had the A flag. */
  closed({ destination, carrier, timeUs }: FindingPlace): void {
    const channel = this.#channels.find(
      (each) => each?.destination === destination && isOnChannel(each.carrier, carrier),
    )
    if (channel !== undefined) this.#closedUs.set(channel.index, timeUs)
  }

  /** Channels of which the last packets are followed with each look. */
  get any(): boolean {
    return this.#closedUs.size > 0
  }

  look(): void {
    for (const index of this.#closedUs.keys()) {
      const channel = this.#channels[index]
      if (channel?.closed === true) this.#closedUs.set(index, channel.lastTimeUs)
    }
  }

  /** The sender closed all media of a service, or (null) of everything, that arrived shortly before this time. */
  endedAt(service: ServiceId | null, lastUs: number): boolean {
    if (this.#closedUs.size === 0) return false
    let closed = 0
    for (const channel of this.#channels) {
      if (channel === undefined || channel.packets === 0 || channel.lastTimeUs < lastUs - ONE_END_US) continue
      if (service !== null && channel.serviceId !== service) continue
      const closedUs = this.#closedUs.get(channel.index)
      // What came after the pause is not judged.
      if (closedUs !== undefined && closedUs >= Math.min(channel.lastTimeUs, lastUs) - SLACK_US) closed++
      else if (channel.role !== 'signaling') return false
    }
    return closed > 0
  }
}
