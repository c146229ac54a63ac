import type { ServiceId } from '../../contract/ids.ts'
import type { FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import { placeAt } from '../../flow/findings.ts'
import { renameKey } from '../../flow/rename-key.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'
import type { TableTimes } from './table-times.ts'

/** Categories of services that a player plays (A/331 table 6.4). */
const LINEAR: readonly (number | null)[] = [1, 2]

/** Notices that the signalling of ATSC does not come at all: no LLS, or none of a service that the SLT lists. */
export class SignallingPresence {
  readonly #found: FoundByClock
  readonly #limits: ClockLimits
  readonly #time: SkippedTime
  readonly #silence: SilenceWatch
  readonly #tables: TableTimes
  /** The session asks for the LLS. */
  readonly #asksLls: boolean
  #listensUs: number | null = null
  #hasLls = false
  /** Time since which each service is joined; -1: judged. */
  readonly #joinedUs = new Map<ServiceId, number>()

  constructor(
    found: FoundByClock,
    limits: ClockLimits,
    time: SkippedTime,
    watches: { readonly silence: SilenceWatch; readonly tables: TableTimes },
    asksLls: boolean,
  ) {
    this.#found = found
    this.#limits = limits
    this.#time = time
    this.#silence = watches.silence
    this.#tables = watches.tables
    this.#asksLls = asksLls
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    renameKey(this.#joinedUs, former, service)
  }

  serviceGone(service: ServiceId): void {
    this.#joinedUs.delete(service)
  }

  /** @returns time, as it passed, at which anything is absent unless it comes */
  look(flows: readonly FlowFacts[], services: readonly ServiceFacts[], nowUs: number): number {
    let dueUs = this.#lls(flows, nowUs)
    for (const service of services) dueUs = Math.min(dueUs, this.#service(service, nowUs))
    return dueUs
  }

  /** @returns as `look` */
  #lls(flows: readonly FlowFacts[], nowUs: number): number {
    if (this.#hasLls || !this.#asksLls) return Number.POSITIVE_INFINITY
    this.#listensUs ??= nowUs
    this.#hasLls = flows.some(({ protocol }) => protocol === 'lls')
    if (this.#hasLls) return Number.POSITIVE_INFINITY
    const limitUs = this.#limits.llsUs
    if (this.#passed(this.#listensUs, nowUs) <= limitUs) return this.#time.of(this.#listensUs) + limitUs
    this.#hasLls = true
    this.#found({ kind: 'llsAbsent', limitUs }, placeAt(this.#listensUs, 0))
    return Number.POSITIVE_INFINITY
  }

  /**
   * A service without the signalling that players need, while other packets came.
   * @returns as `look`
   */
  #service(service: ServiceFacts, nowUs: number): number {
    const { id, category, protocol, joined, name, destination } = service
    // Only the SLT gives a category.
    if (category === null || protocol === 'none') return Number.POSITIVE_INFINITY
    if (!joined) {
      this.#joinedUs.delete(id)
      return Number.POSITIVE_INFINITY
    }
    const sinceUs = this.#joinedUs.get(id)
    const limitUs = this.#limits.slsPresentUs
    if (sinceUs === undefined) {
      this.#joinedUs.set(id, nowUs)
      return this.#time.of(nowUs) + limitUs
    }
    if (sinceUs < 0) return Number.POSITIVE_INFINITY
    // Of a silent service nothing can come.
    if (this.#passed(sinceUs, this.#silence.signalUs) <= limitUs || this.#silence.isSilent(id))
      return this.#time.of(sinceUs) + limitUs
    this.#joinedUs.set(id, -1)
    const types = this.#tables.typesOf(id)
    // MMTP carries its signalling among its packets, and repeats no fragment of it under a name.
    const missing = protocol === 'route' ? missingOf(types, category) : []
    const hasPackets = this.#silence.serviceUs(id) >= 0
    if (missing.length === 0 && hasPackets) return Number.POSITIVE_INFINITY
    const facts = {
      kind: 'slsAbsent',
      serviceName: name,
      missing,
      any: types !== undefined,
      hasPackets,
      limitUs,
    } as const
    this.#found(facts, placeAt(sinceUs, 0, { service: id, destination }))
    return Number.POSITIVE_INFINITY
  }

  #passed(fromUs: number, toUs: number): number {
    return this.#time.of(toUs) - this.#time.of(fromUs)
  }
}

function missingOf(types: ReadonlySet<string> | undefined, category: number): readonly string[] {
  const missing = ['USBD', 'S-TSID'].filter((type) => types?.has(type) !== true)
  const manifest = types?.has('MPD') === true || types?.has('HLS') === true
  return LINEAR.includes(category) && !manifest ? [...missing, 'MPD'] : missing
}
