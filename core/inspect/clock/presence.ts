import type { ServiceId } from '../../contract/ids.ts'
import type { FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import { type Absence, placeAt } from '../../flow/findings.ts'
import { renameKey } from '../../flow/rename-key.ts'
import type { ClockLimits } from './clock-limits.ts'
import type { FoundByClock, SilenceWatch } from './silence.ts'
import type { SkippedTime } from './skipped-time.ts'
import type { TableTimes } from './table-times.ts'

/** What is absent is looked for at this interval, µs as they pass. */
const LOOKED_FOR_US = 1_000_000

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
  #llsAbsence: Absence | null = null
  /** Time since which each service is joined; -1: judged. */
  readonly #joinedUs = new Map<ServiceId, number>()
  readonly #absences = new Map<ServiceId, Absence>()

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
    renameKey(this.#absences, former, service)
  }

  serviceGone(service: ServiceId): void {
    this.#joinedUs.delete(service)
    this.#absences.delete(service)
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
    if (this.#hasLls) {
      if (this.#llsAbsence !== null) this.#llsAbsence.untilUs = nowUs
      return Number.POSITIVE_INFINITY
    }
    if (this.#llsAbsence !== null) return this.#time.of(nowUs) + LOOKED_FOR_US
    const limitUs = this.#limits.llsUs
    if (this.#passed(this.#listensUs, nowUs) <= limitUs) return this.#time.of(this.#listensUs) + limitUs
    this.#llsAbsence = { untilUs: null }
    this.#found({ kind: 'llsAbsent', limitUs, absence: this.#llsAbsence }, placeAt(this.#listensUs, 0))
    return this.#time.of(nowUs) + LOOKED_FOR_US
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
    if (sinceUs < 0) return this.#absent(service, category, nowUs)
    // Of a silent service nothing can come.
    if (this.#passed(sinceUs, this.#silence.signalUs) <= limitUs || this.#silence.isSilent(id))
      return this.#time.of(sinceUs) + limitUs
    this.#joinedUs.set(id, -1)
    const { missing, hasPackets } = this.#lacks(service, category)
    if (missing.length === 0 && hasPackets) return Number.POSITIVE_INFINITY
    const absence: Absence = { untilUs: null }
    this.#absences.set(id, absence)
    const any = this.#tables.typesOf(id) !== undefined
    const facts = { kind: 'slsAbsent', serviceName: name, missing, any, hasPackets, limitUs, absence } as const
    this.#found(facts, placeAt(sinceUs, 0, { service: id, destination }))
    return this.#time.of(nowUs) + LOOKED_FOR_US
  }

  /**
   * A service of which something was absent.
   * @returns as `look`
   */
  #absent(service: ServiceFacts, category: number, nowUs: number): number {
    const absence = this.#absences.get(service.id)
    if (absence === undefined) return Number.POSITIVE_INFINITY
    const { missing, hasPackets } = this.#lacks(service, category)
    if (missing.length > 0 || !hasPackets) return this.#time.of(nowUs) + LOOKED_FOR_US
    absence.untilUs = nowUs
    this.#absences.delete(service.id)
    return Number.POSITIVE_INFINITY
  }

  #lacks({ id, protocol }: ServiceFacts, category: number) {
    // MMTP carries its signalling among its packets, and repeats no fragment of it under a name.
    const missing = protocol === 'route' ? missingOf(this.#tables.typesOf(id), category) : []
    return { missing, hasPackets: this.#silence.serviceUs(id) >= 0 }
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
