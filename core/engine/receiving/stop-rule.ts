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
  /** The session ends after this time without arrivals, s; absent: never. */
  readonly timeoutS?: number
  /** A session that has received a service does not end by silence. */
  readonly keepAlive: boolean
}

/** Ends a live session when nothing of a service arrives for too long (GPAC's timeout and ka). */
export class StopRule {
  readonly #options: StopRuleOptions
  readonly #startedUs: number
  #seen = 0
  #lastUs: number | null = null
  /** The rule has ended the session. */
  ended = false

  /** @param startedUs wall time, µs */
  constructor(options: StopRuleOptions, startedUs: number) {
    this.#options = options
    this.#startedUs = startedUs
  }

  /** Applies the rule. @returns true where the session is to end */
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

  /** Counts services in a scan, all packets where no service is joined, else packets of services. */
  #counted({ servicePackets, packets, services }: Arrivals): number {
    if (this.#options.services === 'scan') return services
    return this.#options.services === 'none' ? packets : servicePackets
  }
}
