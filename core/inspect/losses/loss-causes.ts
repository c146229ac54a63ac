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

/** The end of an object that is whole up to there. */
export type Ending = {
  /** Bytes it has, and its length. */
  readonly upTo: number
  readonly size: number
  /** Packets that the rest would take. */
  readonly packets: number
  /** TSIs of the destination, all silent after it for longer than a pause; 0 where any went on. */
  readonly silentTsis: number
  /** Time after its last packet at which a table gave its TOI or name to other content; -1: none did. */
  readonly supersededAfterUs: number
  /** Time that the rest would have taken at the pace of its packets, µs; 0 where that is not known. */
  readonly restUs: number
  /** Other TSIs had packets around its end, and lost none. */
  othersWhole(): boolean
}

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

/** Where something was lost, and what speaks for it. */
export type LossVerdict = { readonly cause: LossCause; readonly evidence: string }

/** So many packets are not lost by accident at one end, while all others arrive. */
const MANY_PACKETS = 8

/** Part of the time that the rest of an object takes, within which it was certainly not sent: a divisor. */
const SURELY = 2

/** LossVerdict on what was dropped for lack of memory. */
export const NO_MEMORY: LossVerdict = { cause: 'host', evidence: 'the program had no memory left for it' }
/** LossVerdict on an object whose headers contradict each other. */
export const CONTRADICTED: LossVerdict = { cause: 'sender', evidence: 'its sender contradicts itself about it' }
/** Verdicts on losses in a capture that reports its drops at its end only. */
export const CAPTURE_DROPS_ALL: LossVerdict = {
  cause: 'capture',
  evidence: 'the capture reports at least as many dropped packets as are missing',
}
export const CAPTURE_DROPS_SOME: LossVerdict = {
  cause: 'unknown',
  evidence: 'the capture reports dropped packets, but not when, and fewer than are missing',
}

/**
 * Where something was lost, by rules without guesses, in this order:
 *
 * 1. `host`: the drop counter of the destination's socket grew between the beginning of the loss (less the time a
 * packet may wait in the queue) and its end (plus the time until the next sample). `capture`: the drop counter of the capture did.
 * 2. `host`: the system does not count drops, and reading of the sockets was delayed for longer than the socket's
 * buffer lasts at the destination's rate. `sender`: a loss model of the same session kept packets back.
 * 3. `unknown`: the system does not count drops, and nothing else shows any; or the capture has frames of that time
 * that could not be read.
 * 4. `sender`, for the end of an object: a table replaces it sooner than its rest could be sent; all TSIs stop with it; or many packets are missing at its end, while other TSIs lost nothing.
 * 5. `sender`, for an announced object without packets: both neighbours are whole, took eight packets or more each, and other channels
 * of the destination had packets and no loss meanwhile; `unknown` where less of that holds.
 * 6. `network`: before this computer, whoever lost it there.
 */
export class LossCauses {
  readonly #host: HostTrouble
  readonly #rateOf: (destination: string) => number

  /** @param rateOf bit/s of a destination, now or lately */
  constructor(host: HostTrouble, rateOf: (destination: string) => number) {
    this.#host = host
    this.#rateOf = rateOf
  }

  /** Missing bytes of an object. @param ending where only its end is missing */
  ofBytes(loss: Loss, ending: () => Ending | null): LossVerdict {
    return this.#ofHost(loss) ?? ofEnding(loss, ending()) ?? this.#before(loss.destination)
  }

  /** An announced object without packets. */
  ofObject(loss: Loss, around: Surroundings): LossVerdict {
    const host = this.#ofHost(loss)
    if (host !== null) return host
    if (!around.neighboursWhole) return { cause: 'network', evidence: 'the objects beside it lost packets too' }
    if (around.othersLost) return { cause: 'network', evidence: 'other TSIs lost packets at that time' }
    if (around.neighbourPackets >= MANY_PACKETS && around.othersArrived) {
      return {
        cause: 'sender',
        evidence: 'the objects before and after it are whole, and other TSIs lost nothing meanwhile',
      }
    }
    return { cause: 'unknown', evidence: 'nothing else shows where' }
  }

  /** Before this computer: what is known of its sockets, or of the capture. */
  #before(destination: string): LossVerdict {
    const host = this.#host
    if (host.bufferOf(destination) !== null)
      return { cause: 'network', evidence: `the socket of ${destination} dropped nothing meanwhile` }
    if (host.droppedInCapture !== null)
      return { cause: 'network', evidence: 'the capture reports no drop at that time' }
    return { cause: 'network', evidence: 'its packets are not in the capture, which counts no drops' }
  }

  #ofHost({ destination, fromUs, toUs }: Loss): LossVerdict | null {
    const host = this.#host
    const lagMs = host.lagIn(fromUs - QUEUE_US, toUs)
    const sinceUs = fromUs - QUEUE_US - lagMs * 1000
    const untilUs = toUs + COUNTER_US
    const own = host.droppedIn(destination, sinceUs, untilUs)
    if (own > 0) return { cause: 'host', evidence: `its socket dropped ${own} packets meanwhile` }
    const kept = host.keptBackIn(destination, sinceUs, untilUs)
    if (kept > 0)
      return { cause: 'sender', evidence: `the loss model of this session kept ${kept} of its packets back meanwhile` }
    const captured = host.droppedIn(null, sinceUs, untilUs)
    if (captured > 0) return { cause: 'capture', evidence: `the capture counts ${captured} dropped packets meanwhile` }
    // Not lost at all, perhaps.
    if (host.wasPassedOver(sinceUs, untilUs)) {
      return { cause: 'unknown', evidence: 'the capture has frames of that time that could not be read' }
    }
    if (host.tells(destination)) return null
    const buffer = host.bufferOf(destination) ?? Number.POSITIVE_INFINITY
    if (lagMs > 0 && (this.#rateOf(destination) / 8000) * lagMs > buffer) {
      const ms = Math.round(lagMs)
      return {
        cause: 'host',
        evidence: `the program was kept from its sockets for ${ms} ms, longer than their buffer lasts`,
      }
    }
    return { cause: 'unknown', evidence: 'this system does not count what its sockets drop' }
  }
}

function inMs(us: number): string {
  return `${Math.round(us / 1000)} ms`
}

function ofEnding({ destination }: Loss, ending: Ending | null): LossVerdict | null {
  if (ending === null) return null
  const { upTo, size, packets, silentTsis, supersededAfterUs, restUs } = ending
  if (supersededAfterUs >= 0 && restUs > SURELY * supersededAfterUs)
    return {
      cause: 'sender',
      evidence: `a newer table has other content in its place, ${inMs(supersededAfterUs)} after its packet at byte ${upTo} of ${size}, before the rest could be sent`,
    }
  if (silentTsis > 1)
    return {
      cause: 'sender',
      evidence: `all ${silentTsis} TSIs of ${destination} stopped at once, inside their objects`,
    }
  if (packets < MANY_PACKETS || !ending.othersWhole()) return null
  return { cause: 'sender', evidence: `it ends at byte ${upTo} of ${size}, while other TSIs lost nothing` }
}
