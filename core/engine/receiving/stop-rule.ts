import type { TuneIn } from '../../contract/session-spec.ts'

/** What has arrived so far. */
export type Arrivals = {
  /** Packets of services: all except those of the LLS. */
  readonly servicePackets: number
  readonly packets: number
  /** Services that are listed. */
  readonly services: number
}

/** When a live session ends by itself. */
export type StopRuleOptions = {
  readonly services: TuneIn
  /** Without arrivals for this long, s; absent: never. */
  readonly timeoutS?: number
  /** A service that was received is kept however long it is silent. */
  readonly keepAlive: boolean
}

/** Ends a live session when nothing of a service arrives for too long (GPAC's timeout and ka). */
export class StopRule {
  readonly #options: StopRuleOptions
  readonly #startedUs: number
  #seen = 0
  #lastUs: number | null = null
  /** It has applied. */
  ended = false

  /** @param startedUs wall time, µs */
  constructor(options: StopRuleOptions, startedUs: number) {
    this.#options = options
    this.#startedUs = startedUs
  }

  /** @returns true where the session is to end */
  look(arrivals: Arrivals, nowUs: number): boolean {
    const { timeoutS, keepAlive } = this.#options
    const counted = this.#counted(arrivals)
    if (counted > this.#seen) {
      this.#seen = counted
      this.#lastUs = nowUs
    }
    if (timeoutS === undefined || (keepAlive && arrivals.servicePackets > 0)) return false
    this.ended = nowUs - (this.#lastUs ?? this.#startedUs) > timeoutS * 1e6
    return this.ended
  }

  /** A scan counts services, where no service is joined any packet counts, else packets of services. */
  #counted({ servicePackets, packets, services }: Arrivals): number {
    if (this.#options.services === 'scan') return services
    return this.#options.services === 'none' ? packets : servicePackets
  }
}
