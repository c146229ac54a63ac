import type { ServiceId } from '../../contract/ids.ts'
import type { FlowProtocol } from '../../contract/report.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import { findingAt, placeAt } from '../../flow/findings.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { Slt } from '../../protocol/lls/slt.ts'
import type { Stsid } from '../../protocol/sls/s-tsid.ts'
import type { EventTaker } from '../context/event-queue.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import type { FluteSession } from '../flute/flute-session.ts'
import { type ComponentEvent, MmtpSession } from '../mmtp/mmtp-session.ts'
import { RouteSession } from '../route/route-session.ts'
import { ServiceSignalling } from '../signalling/service-signalling.ts'
import { FluteDirectory } from './flute-directory.ts'
import { ListedServices } from './listed-services.ts'
import { ServiceTable } from './service-table.ts'
import { WantedDestinations } from './wanted-destinations.ts'

/** Decisions for sessions: their owner, and other destinations of their service's components. */
export type DirectoryEvent =
  | { readonly kind: 'unclaimed'; readonly session: RouteSession; readonly timeUs: number }
  | ComponentEvent

/** Services and sessions: which exist, which are joined, and which service owns a session. */
export class ServiceDirectory implements EventTaker<DirectoryEvent> {
  readonly #context: ReceiveContext
  readonly #targets: readonly ReceiveTarget[]
  readonly #rebind: () => void
  readonly #table: ServiceTable
  readonly #signalling = new WeakMap<ReceivedService, ServiceSignalling>()
  readonly #sessions = new Map<string, RouteSession>()
  readonly #mmtpSessions = new Map<string, MmtpSession>()
  readonly #wanted: WantedDestinations
  readonly #listed: ListedServices
  readonly #flute: FluteDirectory

  constructor(context: ReceiveContext, targets: readonly ReceiveTarget[], rebind: () => void) {
    this.#context = context
    this.#targets = targets
    this.#rebind = rebind
    this.#table = new ServiceTable(context, targets, () => this.#changed())
    this.#wanted = new WantedDestinations(context, targets, this.#table)
    this.#listed = new ListedServices(context, this.#table, {
      join: (service, timeUs) => this.#join(service, timeUs),
      renumber: (service, id, timeUs) => this.#renumber(service, id, timeUs),
    })
    this.#flute = new FluteDirectory(context, this.#table, {
      at: (address, timeUs) => this.#sessionAt(address, timeUs),
      drop: (session, timeUs) => this.#dropRoute(session, timeUs),
      mayAdd: (destination, timeUs) => this.#mayAddSession(destination, timeUs),
    })
  }

  session(destination: string): RouteSession | FluteSession | null {
    return this.#sessions.get(destination) ?? this.#flute.session(destination)
  }

  mmtpSession(destination: string): MmtpSession | null {
    return this.#mmtpSessions.get(destination) ?? null
  }

  serviceAt(destination: string): ReceivedService | null {
    return this.#table.at(destination)
  }

  get sessionCount(): number {
    return this.#sessions.size + this.#flute.size + this.#mmtpSessions.size
  }

  /** Creates the sessions and services of the targets. */
  start(): void {
    for (const target of this.#targets) {
      if (target.kind === 'mabr') this.#flute.start(target)
      if (target.kind !== 'route') continue
      const { address, port } = target
      // The same session twice is one service, over any route.
      if (this.#table.at(formatDestination(address, port)) !== null) continue
      const service = this.#table.addRoute(target, { address, port })
      if (service.joined) this.#sessionAt({ address, port }, 0)?.claim(service, 0)
      this.#context.observer.serviceChanged(service)
    }
    this.#wanted.changed()
  }

  /** Takes the current lists of services, of all broadcast streams and groups, and applies the first ones that changed. */
  sltsChanged(slts: readonly Slt[], timeUs: number): void {
    this.#listed.changed(slts, timeUs)
    this.#changed()
  }

  /** Whether more of a long list waits to be applied. */
  get appliesMore(): boolean {
    return this.#listed.appliesMore
  }

  /** Applies more of a long list. */
  applyMore(timeUs: number): void {
    if (!this.#listed.appliesMore) return
    this.#listed.applySome(timeUs)
    this.#changed()
  }

  #join(service: ReceivedService, timeUs: number): void {
    if (service.address === null) return
    if (service.protocol === 'mmtp') {
      const session = this.#mmtpSessionAt(service.address, timeUs)
      if (session !== null && session.service !== service) this.#takeOver(session, service, timeUs)
      return
    }
    if (service.protocol !== 'route') return
    const session = this.#sessionAt(service.address, timeUs)
    if (session === null || session.service === service) return
    this.#takeOver(session, service, timeUs)
  }

  /** Gives a session to its owner in the signalling. */
  #takeOver(session: RouteSession | MmtpSession, service: ReceivedService, timeUs: number): void {
    const former = session.service
    session.claim(service, timeUs)
    this.#table.released(former, session.destination)
  }

  /** Gives a service another number, with all that came of it. */
  #renumber(service: ReceivedService, id: ServiceId, timeUs: number): void {
    this.#table.renumber(service, id)
    for (const session of [...this.#sessions.values(), ...this.#flute.sessions]) session.ownersChanged(timeUs)
    this.#context.observer.serviceChanged(service)
  }

  /**
   * The protocol of a flow without a session became known.
   * @param sure false where it may be another protocol
   */
  arrived(flow: Flow, protocol: FlowProtocol, sure: boolean, timeUs: number): void {
    this.#flute.arrived(flow, protocol, sure, timeUs)
    if ((protocol === 'route' || protocol === 'mmtp') && this.session(flow.destination) === null)
      this.#discovered(flow, protocol, timeUs)
  }

  /** A flow without a name looks like ROUTE, or MMTP. */
  #discovered(flow: Flow, protocol: 'route' | 'mmtp', timeUs: number): void {
    const target = this.#table.discoverTarget
    if (target === null) return
    const tuneIn = this.#table.tuneIn(target)
    const listOnly = tuneIn === 'none' || tuneIn === 'scan' || (tuneIn === 'first' && this.#table.hasFirst(target))
    if (this.#table.at(flow.destination) !== null) return
    const address = { address: flow.destinationAddress, port: flow.destinationPort }
    const added = listOnly
      ? this.#table.addDiscovered(address, protocol)
      : protocol === 'mmtp'
        ? this.#mmtpSessionAt(address, timeUs)
        : this.#sessionAt(address, timeUs)
    // Beyond a bound nothing has changed.
    if (added === null) return
    this.#changed()
  }

  /** Gives a service to a session that no signalling claimed in time. */
  #serveUnclaimed(session: RouteSession, timeUs: number): void {
    if (session.service !== null || session.claimed) return
    const listed = this.#table.at(session.destination)
    const service = listed ?? this.#table.addDiscovered(session.address, 'route')
    if (listed === null && service?.joined === true) {
      session.claim(service, timeUs)
    } else {
      this.#sessions.delete(session.destination)
      session.close(timeUs)
    }
    this.#changed()
  }

  /** As `#serveUnclaimed`, for an MMTP flow that no SLT names. */
  #serveUnclaimedMmtp(session: MmtpSession, timeUs: number): void {
    if (session.service !== null) return
    const listed = this.#table.at(session.destination)
    const service = listed ?? this.#table.addDiscovered(session.address, 'mmtp')
    if (listed === null && service?.joined === true) {
      session.claim(service, timeUs)
    } else {
      this.#mmtpSessions.delete(session.destination)
      session.close(timeUs)
    }
    this.#changed()
  }

  #mmtpSessionAt(address: Destination, timeUs: number): MmtpSession | null {
    const destination = formatDestination(address.address, address.port)
    const known = this.#mmtpSessions.get(destination)
    if (known !== undefined) return known
    if (!this.#mayAddSession(destination, timeUs)) return null
    const session = new MmtpSession(this.#context, this, destination, address, timeUs)
    this.#mmtpSessions.set(destination, session)
    return session
  }

  #routeComponent(service: ReceivedService, address: Destination, timeUs: number): void {
    const destination = formatDestination(address.address, address.port)
    if (!this.#context.signalledGroup(address, 'The MP table', service.id, timeUs)) return
    // A flow is one or the other.
    if (this.#mmtpSessions.has(destination) || service.destination === destination) return
    const session = this.#sessionAt(address, timeUs)
    if (session === null) return
    this.#table.displace(destination, service)
    service.destinations.set(destination, address)
    service.routeAddress ??= address
    const owner = session.service
    if (owner === null || (owner !== service && owner.discovered)) this.#takeOver(session, service, timeUs)
    this.#changed()
  }

  #flowOf(main: MmtpSession, service: ReceivedService, address: Destination, timeUs: number): MmtpSession | null {
    if (!this.#context.signalledGroup(address, 'The MP table', service.id, timeUs)) return null
    const session = this.#mmtpSessionAt(address, timeUs)
    if (session === null) return null
    this.#table.displace(session.destination, service)
    service.destinations.set(session.destination, address)
    const former = session.service
    if (former === null || (former !== service && former.discovered)) {
      session.join(service, main)
      this.#table.released(former, session.destination)
    }
    this.#changed()
    return session.service === service ? session : null
  }

  #sessionAt(address: Destination, timeUs: number): RouteSession | null {
    const destination = formatDestination(address.address, address.port)
    const known = this.#sessions.get(destination)
    if (known !== undefined) return known
    if (!this.#mayAddSession(destination, timeUs)) return null
    const unclaimed = (waiting: RouteSession, atUs: number): void =>
      this.#context.events.push(this, { kind: 'unclaimed', session: waiting, timeUs: atUs })
    const session = new RouteSession(this.#context, unclaimed, address, destination, timeUs)
    session.takers.objects.set('signalling', (object, _channel, atUs) => {
      this.#signallingOf(session)?.object(object, atUs)
      return true
    })
    this.#flute.watch(session)
    this.#sessions.set(destination, session)
    return session
  }

  #mayAddSession(destination: string, timeUs: number): boolean {
    const { sessions } = this.#context.limits
    if (this.sessionCount < sessions) return true
    const hit = { limit: 'sessions', most: sessions, beyond: destination } as const
    this.#context.found(findingAt({ kind: 'limit', hit }, placeAt(timeUs, 0, { destination })))
    return false
  }

  #dropRoute(session: RouteSession, timeUs: number): void {
    this.#sessions.delete(session.destination)
    session.close(timeUs)
  }

  #changed(): void {
    this.#rebind()
    this.#wanted.changed()
  }

  #signallingOf(session: RouteSession): ServiceSignalling | null {
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

  /** Applies an S-TSID (A/331 §7.1.4): an RS without an address uses that of the session the S-TSID arrived on. */
  #applyStsid(service: ReceivedService, stsid: Stsid, timeUs: number): void {
    const own = service.routeAddress ?? service.address
    if (own === null) return
    const touched = new Set<RouteSession>()
    service.announced = representationsIn(stsid)
    for (const described of stsid.sessions) {
      const address = {
        address: described.destinationAddress ?? own.address,
        port: described.destinationPort ?? own.port,
      }
      // What arrives is joined already, also where the user named a unicast address.
      const arrives = address.address === own.address && address.port === own.port
      if (!arrives && !this.#context.signalledGroup(address, 'The S-TSID', service.id, timeUs)) continue
      const session = this.#sessionAt(address, timeUs)
      if (session === null) continue
      this.#table.displace(session.destination, service)
      if (!service.destinations.has(session.destination)) service.destinations.set(session.destination, address)
      for (const channel of described.channels) session.describe(channel, service, timeUs)
      const owner = session.service
      if (owner === null || (owner !== service && owner.discovered && !owner.signalled)) {
        this.#takeOver(session, service, timeUs)
      }
      touched.add(session)
    }
    for (const session of touched) session.descriptionsApplied(timeUs)
    this.#changed()
  }

  follow(event: DirectoryEvent): void {
    if (event.kind === 'unclaimed') this.#serveUnclaimed(event.session, event.timeUs)
    else if (event.kind === 'route') this.#routeComponent(event.service, event.address, event.timeUs)
    else event.main.found(event.asset, this.#flowOf(event.main, event.service, event.asset.address, event.timeUs))
  }

  /** Gives services to sessions that waited long enough for signalling to claim them. */
  serveUnclaimed(timeUs: number): void {
    const latestUs = timeUs - this.#context.limits.claimMs * 1000
    for (const session of this.#sessions.values())
      if (session.firstTimeUs <= latestUs) this.#serveUnclaimed(session, timeUs)
    this.#flute.serveUnclaimed(timeUs)
    for (const session of this.#mmtpSessions.values())
      if (session.firstTimeUs <= latestUs) this.#serveUnclaimedMmtp(session, timeUs)
  }

  /** Ends what waited long enough. */
  tick(timeUs: number): void {
    this.#wanted.tell()
    for (const session of this.#sessions.values()) session.tick(timeUs)
    this.#flute.tick(timeUs)
    for (const session of this.#mmtpSessions.values()) session.tick(timeUs)
  }

  /** The source starts again from its beginning. */
  loop(timeUs: number): void {
    for (const session of this.#sessions.values()) session.loop(timeUs)
    for (const session of this.#flute.sessions) session.loop(timeUs)
    for (const session of this.#mmtpSessions.values()) session.loop(timeUs)
  }

  /** @param settle handles queued events */
  close(timeUs: number, settle: () => void): void {
    while (this.#listed.appliesMore) this.applyMore(timeUs)
    for (const session of [...this.#sessions.values()]) this.#serveUnclaimed(session, timeUs)
    settle()
    // Sessions with a new service may have an S-TSID that lists repair flows.
    this.#context.fec?.finish(timeUs)
    settle()
    for (const session of this.#sessions.values()) session.close(timeUs)
    settle()
    this.#flute.close(timeUs, settle)
    for (const session of [...this.#mmtpSessions.values()]) this.#serveUnclaimedMmtp(session, timeUs)
    for (const session of this.#mmtpSessions.values()) session.close(timeUs)
    settle()
  }
}

/** Representation@id of the media that an S-TSID announces; null without any. */
function representationsIn({ sessions }: Stsid): ReadonlySet<string> | null {
  const media = sessions.flatMap(({ channels }) => channels.flatMap(({ source }) => source?.media ?? []))
  const ids = media.map(({ repId }) => repId).filter((id) => id !== '')
  return ids.length === 0 ? null : new Set(ids)
}
