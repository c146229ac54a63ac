import type { ReceiveSpec } from '../../contract/session-spec.ts'

/** What has come so far. */
export type Arrivals = {
  /** Packets of services: all but those of the LLS. */
  readonly servicePackets: number
  readonly packets: number
  /** Services that are listed. */
  readonly services: number
}

/** How long a live session waits for something of a service before it gives up (GPAC's timeout and ka). */
export class Patience {
  readonly #receive: ReceiveSpec
  readonly #startedUs: number
  #seen = 0
  #lastUs: number | null = null
  /** It has given up. */
  ended = false

  /** @param startedUs wall time, µs */
  constructor(receive: ReceiveSpec, startedUs: number) {
    this.#receive = receive
    this.#startedUs = startedUs
  }

  /** Looks at what has come. @returns true where nothing has for longer than `timeoutS` allows */
  look(arrivals: Arrivals, nowUs: number): boolean {
    const { timeoutS, keepAlive } = this.#receive
    const counted = this.#counted(arrivals)
    if (counted > this.#seen) {
      this.#seen = counted
      this.#lastUs = nowUs
    }
    if (timeoutS === undefined || (keepAlive && arrivals.servicePackets > 0)) return false
    this.ended = nowUs - (this.#lastUs ?? this.#startedUs) > timeoutS * 1e6
    return this.ended
  }

  /** Where no service is to be joined, a new one in a list is what counts for a scan, and any packet else. */
  #counted({ servicePackets, packets, services }: Arrivals): number {
    if (this.#receive.services === 'scan') return services
    return this.#receive.services === 'none' ? packets : servicePackets
  }
}
