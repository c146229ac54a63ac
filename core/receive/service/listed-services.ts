import type { ServiceId } from '../../contract/ids.ts'
import { placeAt } from '../../flow/findings.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import { SLS_PROTOCOL, type Slt, type SltService } from '../../protocol/lls/slt.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import type { ServiceTable } from './service-table.ts'

/** Services of a list that are applied at once, in a few milliseconds: the others with the next ticks. */
const APPLIED_AT_ONCE = 512

/** What the sessions of a service do when a list names it. */
type SessionsOf = {
  readonly join: (service: ReceivedService, timeUs: number) => void
  /** Gives a service another number, with all that came of it. */
  readonly renumber: (service: ReceivedService, id: ServiceId, timeUs: number) => void
}

/** Services of the SLT, each made or changed by its entry there. */
export class ListedServices {
  readonly #context: ReceiveContext
  readonly #table: ServiceTable
  readonly #sessions: SessionsOf
  /** Applied entries of service lists. */
  readonly #applied = new Map<ServiceId, SltService>()
  /** Entries of the current lists that are still to be applied. */
  #toApply: SltService[] = []
  /** Services of the SLT by their number there. */
  readonly #fromList = new Map<ServiceId, ReceivedService>()

  constructor(context: ReceiveContext, table: ServiceTable, sessions: SessionsOf) {
    this.#context = context
    this.#table = table
    this.#sessions = sessions
  }

  /** Takes the current lists, of all broadcast streams and groups, and applies what changed, at once where it is not much. */
  changed(slts: readonly Slt[], timeUs: number): void {
    this.#table.listed = true
    const listed = slts.flatMap((slt) => slt.services).slice(0, this.#context.limits.services)
    // The last entry of a number counts: a list of one service a thousand times has one.
    const entries = new Map(listed.map((entry) => [entry.serviceId, entry]))
    // A list is parsed once: unchanged lists have identical entries.
    const isNew = (entry: SltService): boolean => this.#applied.get(entry.serviceId) !== entry
    const changed = Array.from(entries.values()).filter(isNew)
    // Those that nobody has seen come first: a list that changes all the time is listed to its end.
    const isListed = ({ serviceId }: SltService): boolean => this.#applied.has(serviceId)
    this.#toApply = [...changed.filter((each) => !isListed(each)), ...changed.filter(isListed)].reverse()
    // Of a long list none in this turn, which has read the end of it.
    if (this.#toApply.length <= APPLIED_AT_ONCE) this.applySome(timeUs)
  }

  /** Whether more of a long list waits to be applied. */
  get appliesMore(): boolean {
    return this.#toApply.length > 0
  }

  /** Applies more of a long list. */
  applySome(timeUs: number): void {
    const changed: ReceivedService[] = []
    while (changed.length < APPLIED_AT_ONCE) {
      const entry = this.#toApply.pop()
      if (entry === undefined) break
      this.#applied.set(entry.serviceId, entry)
      changed.push(this.#fromSlt(entry, timeUs))
    }
    const target = this.#table.llsTarget
    if (target !== null && this.#table.tuneIn(target) === 'first' && !this.#table.hasFirst(target)) {
      const first = changed.find((each) => each.protocol === 'route') ?? changed[0]
      if (first !== undefined) this.#table.setFirst(target, first)
    }
    for (const service of changed) {
      service.joined = this.#table.wants(service)
      if (service.joined) this.#sessions.join(service, timeUs)
      this.#context.observer.serviceChanged(service)
    }
  }

  /**
   * A service of the SLT. It takes its number from a discovered service, not from one of a gateway configuration
   * (DVB-MABR).
   */
  #addListed(serviceId: ServiceId, timeUs: number): ReceivedService {
    this.#freeNumber(serviceId, timeUs)
    const other = this.#table.get(serviceId)
    const service = this.#table.addListed(serviceId)
    this.#listedAs(service, serviceId, other, timeUs)
    return service
  }

  /** The service that was made for a session before the SLT came, which lists it; it takes its number there. Null without one. */
  #adopted({ serviceId, signalling }: SltService, timeUs: number): ReceivedService | null {
    const target = this.#table.llsTarget
    if (signalling === null || target === null) return null
    const destination = formatDestination(signalling.destinationAddress, signalling.destinationPort)
    const service = this.#table.adopt(destination, target)
    if (service === null) return null
    let other: ReceivedService | null = null
    if (service.id !== serviceId) {
      this.#freeNumber(serviceId, timeUs)
      other = this.#table.get(serviceId)
      this.#sessions.renumber(service, other === null ? serviceId : this.#table.freeId(true), timeUs)
    }
    this.#listedAs(service, serviceId, other, timeUs)
    return service
  }

  /** Takes a number of the SLT from the service that was found and has it so far. */
  #freeNumber(serviceId: ServiceId, timeUs: number): void {
    const former = this.#table.get(serviceId)
    if (former?.discovered === true) this.#sessions.renumber(former, this.#table.freeId(false), timeUs)
  }

  /** @param other service that has its number there, and keeps it */
  #listedAs(service: ReceivedService, serviceId: ServiceId, other: ReceivedService | null, timeUs: number): void {
    const { id } = service
    if (id !== serviceId) {
      const facts = { kind: 'serviceRenumbered', listed: serviceId, number: id, other: other?.name ?? null } as const
      this.#context.found({ ...facts, ...placeAt(timeUs, 0, { service: id }) })
    }
    this.#fromList.set(serviceId, service)
  }

  #fromSlt(entry: SltService, timeUs: number): ReceivedService {
    const service =
      this.#fromList.get(entry.serviceId) ?? this.#adopted(entry, timeUs) ?? this.#addListed(entry.serviceId, timeUs)
    service.namedBySlt = entry.shortServiceName !== null && entry.shortServiceName !== ''
    if (service.namedBySlt) service.name = entry.shortServiceName
    service.category = entry.serviceCategory
    service.major = entry.majorChannelNo
    service.minor = entry.minorChannelNo
    const signalling = entry.signalling
    service.signallingUrl = signalling === null ? (entry.inetUrls[0]?.url ?? null) : null
    if (signalling === null) {
      service.protocol = 'none'
      return service
    }
    service.protocol =
      signalling.slsProtocol === SLS_PROTOCOL.route
        ? 'route'
        : signalling.slsProtocol === SLS_PROTOCOL.mmtp
          ? 'mmtp'
          : 'none'
    service.source = signalling.sourceAddress
    const address = { address: signalling.destinationAddress, port: signalling.destinationPort }
    if (this.#context.signalledGroup(address, 'The SLT', service.id, timeUs)) this.#table.setAddress(service, address)
    return service
  }
}
