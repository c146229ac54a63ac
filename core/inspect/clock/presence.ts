import type { ServiceId } from '../../contract/ids.ts'
import type { FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import { placeAt } from '../../flow/findings.ts'
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

  serviceGone(service: ServiceId): void {
    this.#joinedUs.delete(service)
  }

  look(flows: readonly FlowFacts[], services: readonly ServiceFacts[], nowUs: number): void {
    this.#lls(flows, nowUs)
    for (const service of services) this.#service(service, nowUs)
  }

  #lls(flows: readonly FlowFacts[], nowUs: number): void {
    if (this.#hasLls || !this.#asksLls) return
    this.#listensUs ??= nowUs
    this.#hasLls = flows.some(({ protocol }) => protocol === 'lls')
    if (this.#hasLls || this.#passed(this.#listensUs, nowUs) <= this.#limits.llsUs) return
    this.#hasLls = true
    this.#found({ kind: 'llsAbsent', limitUs: this.#limits.llsUs }, placeAt(this.#listensUs, 0))
  }

  /** A service without the signalling that players need, while other packets came. */
  #service(service: ServiceFacts, nowUs: number): void {
    const { id, category, protocol, joined, name, destination } = service
    // Only the SLT gives a category.
    if (category === null || protocol === 'none') return
    if (!joined) {
      this.#joinedUs.delete(id)
      return
    }
    const sinceUs = this.#joinedUs.get(id)
    if (sinceUs === undefined) this.#joinedUs.set(id, nowUs)
    if (sinceUs === undefined || sinceUs < 0) return
    const limitUs = this.#limits.slsPresentUs
    if (this.#passed(sinceUs, this.#silence.signalUs) <= limitUs) return
    // Of a silent service nothing can come.
    if (this.#silence.isSilent(id)) return
    this.#joinedUs.set(id, -1)
    const types = this.#tables.typesOf(id)
    // MMTP carries its signalling among its packets, and repeats no fragment of it under a name.
    const missing = protocol === 'route' ? missingOf(types, category) : []
    const hasPackets = this.#silence.serviceUs(id) >= 0
    if (missing.length === 0 && hasPackets) return
    const facts = {
      kind: 'slsAbsent',
      serviceName: name,
      missing,
      any: types !== undefined,
      hasPackets,
      limitUs,
    } as const
    this.#found(facts, placeAt(sinceUs, 0, { service: id, destination }))
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
