import type { FlowProtocol } from '../../contract/report.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { EventTaker } from '../context/event-queue.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { FluteSession } from '../flute/flute-session.ts'
import type { LctChannel } from '../lct/lct-channel.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { RouteSession } from '../route/route-session.ts'
import { isConfiguration, MabrGateway } from './mabr-gateway.ts'
import type { ServiceTable } from './service-table.ts'

/**
 * A FLUTE session waits this many times longer than a ROUTE session for an owner: a configuration may be sent seldom.
 */
const FLUTE_CLAIM_FACTOR = 4

/** The ROUTE sessions, and the bound on sessions. */
export type RouteSessions = {
  /** The session at a destination, made where there is none; null beyond the bound. */
  readonly at: (address: Destination, timeUs: number) => RouteSession | null
  readonly drop: (session: RouteSession, timeUs: number) => void
  /** True where another session of any kind may be made; reports the bound once. */
  readonly mayAdd: (destination: string, timeUs: number) => boolean
}

/** A full FLUTE session without an owner. */
type Waiting = { readonly session: FluteSession; readonly timeUs: number }

/** FLUTE sessions, and the DVB-MABR gateways that own sessions of either kind. */
export class FluteDirectory implements EventTaker<Waiting> {
  readonly #context: ReceiveContext
  readonly #table: ServiceTable
  readonly #routes: RouteSessions
  readonly #sessions = new Map<string, FluteSession>()
  readonly #gateways: MabrGateway[] = []
  /** Sessions of gateways, which take objects from them. */
  readonly #joined = new Set<FluteSession | RouteSession>()
  /** Gateways whose configuration session has a known address and no packets so far. */
  readonly #awaited = new Map<string, MabrGateway>()

  constructor(context: ReceiveContext, table: ServiceTable, routes: RouteSessions) {
    this.#context = context
    this.#table = table
    this.#routes = routes
  }

  get sessions(): Iterable<FluteSession> {
    return this.#sessions.values()
  }

  get size(): number {
    return this.#sessions.size
  }

  session(destination: string): FluteSession | null {
    return this.#sessions.get(destination) ?? null
  }

  /** Creates a gateway with a known configuration session. */
  start(target: Extract<ReceiveTarget, { kind: 'mabr' }>): void {
    const address = { address: target.address, port: target.port }
    const destination = formatDestination(target.address, target.port)
    if (this.#awaited.has(destination)) return
    const gateway = this.#gateway(target, address)
    if (gateway !== null) this.#awaited.set(destination, gateway)
  }

  #gateway(target: ReceiveTarget, address: Destination): MabrGateway | null {
    const service = this.#table.addService(target, true)
    if (service === null) return null
    service.protocol = 'flute'
    service.name = 'Gateway configuration'
    service.joined = true
    this.#table.setAddress(service, address)
    const gateway: MabrGateway = new MabrGateway(this.#context, this.#table, target, service, {
      at: (place, protocol, timeUs) => this.#transportAt(gateway, place, protocol, timeUs),
      takeOver: (session, owner, timeUs) => this.#takeOver(session, owner, timeUs),
      leave: (session, timeUs) => this.#leave(session, timeUs),
    })
    this.#gateways.push(gateway)
    this.#context.observer.serviceChanged(service)
    return gateway
  }

  /**
   * The protocol of a flow without a session became known.
   * @param sure false where a repair flow of ROUTE would look the same
   */
  arrived(flow: Flow, protocol: FlowProtocol, sure: boolean, timeUs: number): void {
    const address = { address: flow.destinationAddress, port: flow.destinationPort }
    const gateway = this.#awaited.get(flow.destination)
    if (gateway !== undefined && (protocol === 'flute' || protocol === 'route')) {
      const session = protocol === 'flute' ? this.#sessionAt(address, timeUs) : this.#routes.at(address, timeUs)
      if (session === null) return
      this.#awaited.delete(flow.destination)
      this.#configures(session, gateway, timeUs)
    } else if (protocol === 'flute' && sure && this.#mayBeWanted(flow.destination)) {
      this.#sessionAt(address, timeUs)
    } else {
      return
    }
    this.#table.changed()
  }

  /** In a capture, media may precede the configuration that names them. */
  #mayBeWanted(destination: string): boolean {
    if (this.#gateways.some((gateway) => !gateway.known)) return true
    return this.#table.discoverTarget !== null && !this.#isConfigured(destination)
  }

  #configures(session: FluteSession | RouteSession, gateway: MabrGateway, timeUs: number): void {
    const { service } = gateway
    service.protocol = session instanceof FluteSession ? 'flute' : 'route'
    this.#join(session, gateway)
    this.#takeOver(session, service, timeUs)
    if (session instanceof FluteSession) {
      session.assign(null, { service, configures: true, representation: null }, timeUs)
    }
    this.#context.observer.serviceChanged(service)
  }

  #sessionAt(address: Destination, timeUs: number): FluteSession | null {
    const destination = formatDestination(address.address, address.port)
    const known = this.#sessions.get(destination)
    if (known !== undefined) return known
    if (!this.#routes.mayAdd(destination, timeUs)) return null
    const unclaimed = (waiting: FluteSession, atUs: number): void =>
      this.#context.events.push(this, { session: waiting, timeUs: atUs })
    const session = new FluteSession(this.#context, unclaimed, address, destination, timeUs)
    this.watch(session)
    this.#sessions.set(destination, session)
    return session
  }

  /** Looks for a configuration in a session's objects, where one may be discovered. */
  watch(session: FluteSession | RouteSession): void {
    const target = this.#table.discoverTarget
    if (target === null) return
    session.takers.objects.set('any', (object, _channel, timeUs) => {
      if (!isConfiguration(object)) return false
      const found = this.#gateway(target, session.address)
      if (found === null) return false
      this.#configures(session, found, timeUs)
      return found.takeObject(object, timeUs)
    })
  }

  /** Gives the session to the gateway, which takes configurations and manifests from it. */
  #join(session: FluteSession | RouteSession, gateway: MabrGateway): void {
    this.#joined.add(session)
    session.takers.objects.set('any', (object, channel, timeUs) => {
      this.#name(object, channel)
      return gateway.takeObject(object, timeUs)
    })
    session.takers.files.set('manifest', (file, _object, _channel, timeUs) => gateway.takeFile(file, timeUs))
  }

  #name(object: TransportObject, { names }: LctChannel): void {
    if (object.name !== null) return
    names.resolve(object)
    if (object.name !== null) this.#context.observer.objectNamed(object)
  }

  follow({ session, timeUs }: Waiting): void {
    this.#serveUnclaimed(session, timeUs)
  }

  /** Gives a service to a session that no configuration claimed in time. */
  #serveUnclaimed(session: FluteSession, timeUs: number): void {
    if (session.service !== null || session.claimed) return
    const unwanted = this.#table.discoverTarget === null || this.#isConfigured(session.destination)
    const service = unwanted ? null : this.#table.addDiscovered(session.address, 'flute')
    if (service?.joined === true) {
      session.claim(service, timeUs)
    } else {
      this.#sessions.delete(session.destination)
      session.close(timeUs)
    }
    this.#table.changed()
  }

  /** True for the session of a configured service that is not joined. */
  #isConfigured(destination: string): boolean {
    return this.#gateways.some((gateway) => gateway.names(destination))
  }

  #transportAt(
    gateway: MabrGateway,
    address: Destination,
    protocol: 'flute' | 'route',
    timeUs: number,
  ): FluteSession | RouteSession | null {
    const session = protocol === 'flute' ? this.#sessionAt(address, timeUs) : this.#routes.at(address, timeUs)
    if (session !== null && !this.#joined.has(session)) this.#join(session, gateway)
    return session
  }

  #takeOver(session: FluteSession | RouteSession, service: ReceivedService, timeUs: number): void {
    const former = session.service
    session.claim(service, timeUs)
    if (former !== service) this.#table.released(former, session.destination)
  }

  #leave(session: FluteSession | RouteSession, timeUs: number): void {
    this.#joined.delete(session)
    session.takers.files.delete('manifest')
    session.takers.objects.delete('any')
    this.watch(session)
    if (session instanceof FluteSession) {
      this.#sessions.delete(session.destination)
      session.close(timeUs)
    } else {
      this.#routes.drop(session, timeUs)
    }
  }

  /** Gives services to sessions that waited long enough for a configuration to claim them. */
  serveUnclaimed(timeUs: number): void {
    // A configuration that was asked for may come at any time; what waits for it is bounded.
    if (this.#table.discoverTarget === null && this.#gateways.some(({ known }) => !known)) return
    const latestUs = timeUs - this.#context.limits.claimMs * 1000 * FLUTE_CLAIM_FACTOR
    for (const session of this.#sessions.values())
      if (session.firstTimeUs <= latestUs) this.#serveUnclaimed(session, timeUs)
  }

  tick(timeUs: number): void {
    for (const session of this.#sessions.values()) session.tick(timeUs)
    for (const gateway of this.#gateways) gateway.tick(timeUs)
  }

  /** @param settle handles queued events */
  close(timeUs: number, settle: () => void): void {
    for (const session of [...this.#sessions.values()]) this.#serveUnclaimed(session, timeUs)
    settle()
    for (const session of this.#sessions.values()) session.close(timeUs)
    settle()
    for (const gateway of this.#gateways) gateway.close(timeUs)
  }
}
