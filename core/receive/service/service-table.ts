import { asServiceId, type ServiceId } from '../../contract/ids.ts'
import type { TuneIn } from '../../contract/session-spec.ts'
import type { Destination } from '../../flow/facts.ts'
import { type ReceiveTarget, usesLls } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { FileContext } from '../context/contexts.ts'
import { ReceivedService } from '../context/received-service.ts'

/** First number of `route` services beside an LLS: those of an SLT are below 65536. */
const FIRST_BESIDE_LLS = 65_536

/** The known services: their numbers, destinations, and which are joined. */
export class ServiceTable {
  /** Target of the SLT's services: the first that uses the LLS. */
  readonly llsTarget: ReceiveTarget | null
  readonly discoverTarget: ReceiveTarget | null
  /** Called after changes of destinations or services: flows are decided again. */
  readonly changed: () => void
  /** An SLT has arrived: numbers below 65536 are its own. */
  listed = false
  readonly #context: FileContext
  readonly #services = new Map<ServiceId, ReceivedService>()
  readonly #byDestination = new Map<string, ReceivedService>()
  /** The one service joined by `first`, of each target. */
  readonly #first = new Map<ReceiveTarget, ReceivedService>()

  constructor(context: FileContext, targets: readonly ReceiveTarget[], changed: () => void) {
    this.#context = context
    this.llsTarget = targets.find(usesLls) ?? null
    this.discoverTarget = targets.find((target) => target.kind === 'discover') ?? null
    this.changed = changed
  }

  get size(): number {
    return this.#services.size
  }

  all(): Iterable<ReceivedService> {
    return this.#services.values()
  }

  get(id: ServiceId): ReceivedService | null {
    return this.#services.get(id) ?? null
  }

  /** The service of this main destination. */
  at(destination: string): ReceivedService | null {
    return this.#byDestination.get(destination) ?? null
  }

  tuneIn(target: ReceiveTarget | null): TuneIn {
    return target?.services ?? this.#context.spec.services
  }

  /** True where tuning in to the first service has found one. */
  hasFirst(target: ReceiveTarget): boolean {
    return this.#first.has(target)
  }

  setFirst(target: ReceiveTarget, service: ReceivedService): void {
    this.#first.set(target, service)
  }

  wants(service: ReceivedService): boolean {
    const { target } = service
    const tuneIn = this.tuneIn(target)
    if (tuneIn === 'all') return true
    if (tuneIn === 'none' || tuneIn === 'scan') return false
    if (tuneIn !== 'first') return tuneIn.includes(service.id)
    if (target === null) return false
    if (!this.#first.has(target)) this.#first.set(target, service)
    return this.#first.get(target) === service
  }

  /** The service of a `route` target. */
  addRoute(target: ReceiveTarget, address: Destination): ReceivedService {
    const service = this.#add(this.#freeId(this.llsTarget === null ? 1 : FIRST_BESIDE_LLS), false, target)
    service.protocol = 'route'
    this.setAddress(service, address)
    service.joined = this.wants(service)
    return service
  }

  /** A service of the SLT, under its number there, or a free one where that is taken. */
  addListed(serviceId: ServiceId): ReceivedService {
    const id = this.#services.has(serviceId) ? this.#freeId(FIRST_BESIDE_LLS) : serviceId
    return this.#add(id, false, this.llsTarget)
  }

  /** A service of a gateway. `first`: that of the configuration, 0 where free. Null beyond the bound. */
  addService(target: ReceiveTarget, first: boolean): ReceivedService | null {
    if (this.#services.size >= this.#context.limits.services) return null
    const from = this.listed || (this.llsTarget !== null && target.kind === 'mabr') ? FIRST_BESIDE_LLS : first ? 0 : 1
    // 0 is for configurations; a second one is numbered among the services.
    return this.#add(
      from === 0 && this.#services.has(asServiceId(0)) ? this.#freeId(1) : this.#freeId(from),
      false,
      target,
    )
  }

  /** A service for a session without signalling; null beyond the bound. */
  addDiscovered(address: Destination, protocol: 'route' | 'flute' | 'mmtp'): ReceivedService | null {
    if (this.#services.size >= this.#context.limits.services) return null
    const service = this.#add(this.#freeId(1), true, this.discoverTarget)
    service.protocol = protocol
    this.setAddress(service, address)
    service.joined = this.wants(service)
    this.#context.observer.serviceChanged(service)
    return service
  }

  /**
   * The service that was made for the session at a destination, where signalling now lists it: what came of it before is of the same one.
   * Null without one.
   */
  adopt(destination: string, target: ReceiveTarget): ReceivedService | null {
    const service = this.#byDestination.get(destination)
    if (service === undefined || !service.discovered || service.target !== target) return null
    service.discovered = false
    return service
  }

  /** Gives a service another number, which is free: all that came of it is of that one. */
  renumber(service: ReceivedService, id: ServiceId): void {
    const { id: former } = service
    this.#services.delete(former)
    service.id = id
    this.#services.set(id, service)
    this.#context.observer.serviceRenumbered?.(service, former)
    this.#context.sink.renumbered?.(former, id)
  }

  /** A free number for a service that is not in the SLT, or whose number there is taken. */
  freeId(beside: boolean): ServiceId {
    return this.#freeId(beside ? FIRST_BESIDE_LLS : 1)
  }

  #add(id: ServiceId, discovered: boolean, target: ReceiveTarget | null): ReceivedService {
    const service = new ReceivedService(id, discovered)
    service.target = target
    this.#services.set(id, service)
    return service
  }

  #freeId(from: number): ServiceId {
    let id = asServiceId(from)
    while (this.#services.has(id)) id = asServiceId(id + 1)
    return id
  }

  setAddress(service: ReceivedService, address: Destination): void {
    const destination = formatDestination(address.address, address.port)
    if (service.destination === destination) return
    if (service.destination !== null) {
      this.#byDestination.delete(service.destination)
      service.destinations.delete(service.destination)
    }
    service.destination = destination
    service.address = address
    service.destinations.set(destination, address)
    this.#byDestination.set(destination, service)
  }

  remove(service: ReceivedService): void {
    this.#services.delete(service.id)
    this.#context.observer.serviceGone(service)
  }

  /** `former` lost this destination; a discovered service without any is removed. */
  released(former: ReceivedService | null, destination: string): void {
    if (former === null || !former.discovered) return
    former.destinations.delete(destination)
    if (former.destinations.size > 0) return
    this.remove(former)
    // It was none: the first service is still to come.
    for (const [target, service] of this.#first) if (service === former) this.#first.delete(target)
  }

  /** Replaces a discovered service by the one whose signalling lists its destination. */
  displace(destination: string, by: ReceivedService): void {
    const former = this.#byDestination.get(destination)
    if (former === undefined || former === by || !former.discovered || former.joined) return
    this.#byDestination.delete(destination)
    this.released(former, destination)
  }
}
