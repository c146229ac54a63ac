import type { LossCause } from '../../contract/report.ts'
import type { HostTrouble } from './host-trouble.ts'

/**
 * Largest delay between the kernel's drop and the reading of neighbouring packets, besides the lag itself, µs: these
 * are in the full queue, and counters are sampled four times a second.
 */
const QUEUE_US = 500_000
/**
 * Largest delay between a drop and the beginning of the stretch that shows it, µs: counters are not read at each
 * sample.
 */
const COUNTER_US = 400_000

/** Place and time of a loss, stream µs. */
export type Loss = { readonly destination: string; readonly fromUs: number; readonly toUs: number }

/** Circumstances of an announced object without packets. */
export type Surroundings = {
  /** The objects before and after it on its channel are whole. */
  readonly neighboursWhole: boolean
  /** Least number of packets among the two. */
  readonly neighbourPackets: number
  /** Other channels of the destination had packets meanwhile. */
  readonly othersArrived: boolean
  /** Other losses of the destination meanwhile. */
  readonly othersLost: boolean
}

/** An object of this many packets is not lost by accident as a whole while its neighbours arrive. */
const SENT_IN_PIECES = 8

/**
 * The cause of a loss, by rules without guesses. Objects dropped for lack of memory are the host's; else, in order:
 *
 * 1. `host`: the drop counter of the destination's socket grew between the beginning of the loss (less the time a
 * packet may wait in the queue) and its end (plus the time until the next sample); in a capture, its own drop counter
 * did.
 * 2. `host`: the system does not count drops, and reading of the sockets was delayed for longer than the socket's
 * buffer lasts at the destination's rate.
 * 3. `unknown`: the system does not count drops, and nothing else shows any.
 * 4. For bytes of an object: `network`, that is, lost before this computer's socket. A capture without reported drops
 * counts as complete.
 * 5. For an announced object without packets: `network` where its neighbours on the channel, or other objects of the
 * destination at that time, have losses too; `sender` where both neighbours are whole, took eight packets or more each,
 * and other channels of the destination had packets and no loss meanwhile; else `unknown`.
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

  /** An announced object without packets. */
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
