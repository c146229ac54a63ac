import type { LossCause } from '../../contract/report.ts'
import type { HostTrouble } from './host-trouble.ts'

/**
 * How much later than the kernel dropped a packet its neighbours may be read, besides the lag itself, µs: they stand in the
 * queue that was full, and counters are looked at four times a second.
 */
const QUEUE_US = 500_000
/** How much later than a drop the stretch may seem to begin in which its counter grew: counters are not read at each look, µs. */
const COUNTER_US = 400_000

/** Where and when something was lost, stream µs. */
export type Loss = { readonly destination: string; readonly fromUs: number; readonly toUs: number }

/** What stood around an announced object that never came. */
export type Surroundings = {
  /** The objects before and after it on its channel are whole. */
  readonly neighboursWhole: boolean
  /** Fewest packets that one of them took. */
  readonly neighbourPackets: number
  /** Other channels of the destination had packets in the meantime. */
  readonly othersArrived: boolean
  /** Something else of the destination was lost in the meantime. */
  readonly othersLost: boolean
}

/** An object of so many packets is not lost by accident as a whole while all around it arrives. */
const SENT_IN_PIECES = 8

/**
 * Who lost what is missing, by rules that need no guess. What was given up for want of memory is the host's; else, in order:
 *
 * 1. `host`: the system's drop counter of the destination's socket grew between the beginning of the loss (less the time a
 *    packet may stand in the queue) and its end (and the time until the counter is read again); in a capture, the drops it reports itself.
 * 2. `host`: the system does not count drops, and the program was kept from its sockets for longer than the socket's buffer
 *    lasts at the destination's rate.
 * 3. `unknown`: the system does not count drops, and nothing else shows that it had any.
 * 4. For bytes of an object: `network`, that is, lost before this computer's socket: all that the sender says of the object
 *    is that these bytes are part of it. A capture that reports no drops counts as complete.
 * 5. For an announced object of which nothing came: `network` where its neighbours on the channel, or other objects of the
 *    destination at that time, have losses too; `sender` where both neighbours are whole, took eight packets or more each,
 *    and other channels of the destination had packets and no loss in the meantime; else `unknown`.
 */
export class LossCauses {
  readonly #host: HostTrouble
  readonly #rateOf: (destination: string) => number

  /** @param rateOf bit/s of a destination, now or lately */
  constructor(host: HostTrouble, rateOf: (destination: string) => number) {
    this.#host = host
    this.#rateOf = rateOf
  }

  /** Missing bytes of an object. */
  ofBytes(loss: Loss): LossCause {
    return this.#ofHost(loss) ?? 'network'
  }

  /** An announced object that never came. */
  ofObject(loss: Loss, around: Surroundings): LossCause {
    const host = this.#ofHost(loss)
    if (host !== null) return host
    if (!around.neighboursWhole || around.othersLost) return 'network'
    return around.neighbourPackets >= SENT_IN_PIECES && around.othersArrived ? 'sender' : 'unknown'
  }

  #ofHost({ destination, fromUs, toUs }: Loss): LossCause | null {
    const host = this.#host
    const lagMs = host.lagIn(fromUs - QUEUE_US, toUs)
    const sinceUs = fromUs - QUEUE_US - lagMs * 1000
    if (host.droppedIn(destination, sinceUs, toUs + COUNTER_US) > 0) return 'host'
    if (host.tells(destination)) return null
    const buffer = host.bufferOf(destination) ?? Number.POSITIVE_INFINITY
    return (this.#rateOf(destination) / 8000) * lagMs > buffer ? 'host' : 'unknown'
  }
}
