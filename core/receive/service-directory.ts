import { formatDestination } from '../protocol/ip/address.ts'
import type { Flow } from '../protocol/ip/flow.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { SLS_PROTOCOL, type Slt, type SltService } from '../protocol/lls/slt.ts'
import type { Stsid } from '../protocol/sls/s-tsid.ts'
import { MmtpSession } from './mmtp-session.ts'
import type { Destination } from './observer.ts'
import type { ReceiveContext } from './receive-context.ts'
import { ReceivedService } from './received-service.ts'
import type { ReceiveTarget } from './receiver.ts'
import { RouteSession, type SessionHost } from './route-session.ts'
import { ServiceSignalling } from './service-signalling.ts'

/** Services and sessions: who is there, which are joined, and which session belongs to whom. */
export class ServiceDirectory implements SessionHost {
  readonly #context: ReceiveContext
  readonly #target: ReceiveTarget
  readonly #rebind: () => void
  readonly #services = new Map<number, ReceivedService>()
  readonly #signalling = new Map<ReceivedService, ServiceSignalling>()
  readonly #sessions = new Map<string, RouteSession>()
  /** Services by the destination the SLT gives. */
  readonly #byDestination = new Map<string, ReceivedService>()
  /** The one service that `first` joined. */
  #first: ReceivedService | null = null
  #wanted = ''
  #limited = false

  constructor(context: ReceiveContext, target: ReceiveTarget, rebind: () => void) {
    this.#context = context
    this.#target = target
    this.#rebind = rebind
  }

  get sessions(): Iterable<RouteSession> {
    return this.#sessions.values()
  }

  session(destination: string): RouteSession | null {
    return this.#sessions.get(destination) ?? null
  }

  serviceAt(destination: string): ReceivedService | null {
    return this.#byDestination.get(destination) ?? null
  }

  /** Sets up what the target itself names. */
  start(): void {
    if (this.#target.kind === 'route') {
      const { address, port } = this.#target
      const service = new ReceivedService(1, false)
      service.protocol = 'route'
      this.#setAddress(service, { address, port })
      this.#services.set(1, service)
      service.joined = this.#wants(service)
      if (service.joined) this.#sessionAt({ address, port }, 0)?.own(service, 0)
      this.#context.observer.serviceChanged(service)
    }
    this.#tellWanted()
  }

  /** The lists of services as they are now, all broadcast streams and groups together. */
  sltsChanged(slts: readonly Slt[], timeUs: number): void {
    const listed = slts.flatMap((slt) => slt.services).slice(0, this.#context.limits.services)
    const changed: ReceivedService[] = []
    for (const entry of listed) changed.push(this.#fromSlt(entry))
    if (this.#context.spec.services === 'first' && this.#first === null) {
      this.#first = changed.find((each) => each.protocol === 'route') ?? changed[0] ?? null
    }
    for (const service of changed) {
      service.joined = this.#wants(service)
      if (service.joined) this.#join(service, timeUs)
      this.#context.observer.serviceChanged(service)
    }
    this.#rebind()
    this.#tellWanted()
  }

  #fromSlt(entry: SltService): ReceivedService {
    let service = this.#services.get(entry.serviceId)
    if (service === undefined || service.discovered) {
      if (service !== undefined) this.#renumber(service)
      service = new ReceivedService(entry.serviceId, false)
      this.#services.set(entry.serviceId, service)
    }
    service.namedBySlt = entry.shortServiceName !== null && entry.shortServiceName !== ''
    if (service.namedBySlt) service.name = entry.shortServiceName
    service.category = entry.serviceCategory
    service.major = entry.majorChannelNo
    service.minor = entry.minorChannelNo
    const signalling = entry.signalling
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
    this.#setAddress(service, { address: signalling.destinationAddress, port: signalling.destinationPort })
    return service
  }

  #setAddress(service: ReceivedService, address: Destination): void {
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

  #join(service: ReceivedService, timeUs: number): void {
    if (service.address === null) return
    if (service.protocol === 'mmtp') {
      service.mmtpSession ??= new MmtpSession()
      return
    }
    if (service.protocol !== 'route') return
    const session = this.#sessionAt(service.address, timeUs)
    if (session === null || session.service === service) return
    this.#takeOver(session, service, timeUs)
  }

  /** Gives a session to the service that signalling says it belongs to. */
  #takeOver(session: RouteSession, service: ReceivedService, timeUs: number): void {
    const former = session.service
    session.own(service, timeUs)
    if (former === null || !former.discovered) return
    former.destinations.delete(session.destination)
    if (former.destinations.size > 0) return
    this.#services.delete(former.id)
    this.#signalling.delete(former)
    this.#context.observer.serviceGone(former)
  }

  /** A discovered service has the number the SLT gives to another: that one keeps it. */
  #renumber(discovered: ReceivedService): void {
    this.#services.delete(discovered.id)
    this.#signalling.delete(discovered)
    this.#context.observer.serviceGone(discovered)
    for (const session of this.#sessions.values()) if (session.service === discovered) session.service = null
  }

  /** A flow looks like ROUTE and nothing names it yet. */
  discovered(flow: Flow, timeUs: number): void {
    const tuneIn = this.#context.spec.services
    const listOnly = tuneIn === 'none' || tuneIn === 'scan' || (tuneIn === 'first' && this.#first !== null)
    const known = this.#byDestination.get(flow.destination)
    if (known !== undefined) return
    const address = { address: flow.destinationAddress, port: flow.destinationPort }
    if (listOnly) this.#newService(address)
    else this.#sessionAt(address, timeUs)
    this.#rebind()
    this.#tellWanted()
  }

  #newService(address: Destination): ReceivedService | null {
    if (this.#services.size >= this.#context.limits.services) return null
    let id = 1
    while (this.#services.has(id)) id++
    const service = new ReceivedService(id, true)
    service.protocol = 'route'
    this.#setAddress(service, address)
    this.#services.set(id, service)
    service.joined = this.#wants(service)
    this.#context.observer.serviceChanged(service)
    return service
  }

  /** Gives a service to each session that waited long enough for signalling to claim it. */
  #claim(session: RouteSession, timeUs: number): void {
    if (session.service !== null || session.claimed) return
    const service = this.#newService(session.address)
    if (service?.joined === true) {
      session.own(service, timeUs)
    } else {
      this.#sessions.delete(session.destination)
      session.close(timeUs)
    }
    this.#rebind()
    this.#tellWanted()
  }

  #wants(service: ReceivedService): boolean {
    const tuneIn = this.#context.spec.services
    if (tuneIn === 'all') return true
    if (tuneIn === 'none' || tuneIn === 'scan') return false
    if (tuneIn !== 'first') return tuneIn.includes(service.id)
    this.#first ??= service
    return this.#first === service
  }

  #sessionAt(address: Destination, timeUs: number): RouteSession | null {
    const destination = formatDestination(address.address, address.port)
    const known = this.#sessions.get(destination)
    if (known !== undefined) return known
    if (this.#sessions.size >= this.#context.limits.sessions) {
      if (!this.#limited) {
        this.#limited = true
        const text = `More than ${this.#context.limits.sessions} ROUTE sessions; ${destination} and others are not received`
        this.#context.alarm({
          rule: 'LIMIT-SESSIONS',
          severity: 'error',
          service: null,
          tsi: null,
          toi: null,
          timeUs,
          frame: 0,
          text,
        })
      }
      return null
    }
    const session = new RouteSession(this.#context, this, address, destination, timeUs)
    this.#sessions.set(destination, session)
    return session
  }

  signallingOf(session: RouteSession): ServiceSignalling | null {
    const service = session.service
    if (service === null) return null
    let signalling = this.#signalling.get(service)
    if (signalling === undefined) {
      signalling = new ServiceSignalling(this.#context, service, {
        applyStsid: (stsid, timeUs) => this.#applyStsid(service, stsid, timeUs),
        applyMpd: (facts) => {
          service.roles = facts.roles
          for (const each of this.#sessions.values()) if (service.destinations.has(each.destination)) each.applyRoles()
        },
      })
      this.#signalling.set(service, signalling)
    }
    return signalling
  }

  /** A/331 §7.1.4: what an RS leaves out is that of the session the S-TSID came on. */
  #applyStsid(service: ReceivedService, stsid: Stsid, timeUs: number): void {
    const own = service.address
    if (own === null) return
    const touched = new Set<RouteSession>()
    for (const described of stsid.sessions) {
      const address = {
        address: described.destinationAddress ?? own.address,
        port: described.destinationPort ?? own.port,
      }
      const session = this.#sessionAt(address, timeUs)
      if (session === null) continue
      service.destinations.set(session.destination, address)
      for (const channel of described.channels) session.describe(channel, service, timeUs)
      const owner = session.service
      if (owner === null || (owner !== service && owner.discovered && !owner.signalled)) {
        this.#takeOver(session, service, timeUs)
      }
      touched.add(session)
    }
    for (const session of touched) session.descriptionsApplied(timeUs)
    this.#rebind()
    this.#tellWanted()
  }

  quarantineFull(session: RouteSession, timeUs: number): void {
    this.#claim(session, timeUs)
  }

  tick(timeUs: number): void {
    for (const session of this.#sessions.values()) {
      if (session.service === null && timeUs - session.firstTimeUs >= this.#context.limits.claimMs * 1000) {
        this.#claim(session, timeUs)
      }
      session.tick(timeUs)
    }
  }

  close(timeUs: number): void {
    for (const session of [...this.#sessions.values()]) this.#claim(session, timeUs)
    for (const session of this.#sessions.values()) session.close(timeUs)
  }

  #tellWanted(): void {
    const tell = this.#context.observer.destinationsWanted
    if (tell === undefined) return
    const wanted = new Map<string, Destination>()
    if (this.#target.kind !== 'route') {
      wanted.set(formatDestination(LLS_ADDRESS, LLS_PORT), { address: LLS_ADDRESS, port: LLS_PORT })
    }
    for (const service of this.#services.values()) {
      if (service.joined) for (const [destination, address] of service.destinations) wanted.set(destination, address)
    }
    const key = [...wanted.keys()].join(' ')
    if (key === this.#wanted) return
    this.#wanted = key
    this.#context.observer.destinationsWanted?.([...wanted.values()])
  }
}
