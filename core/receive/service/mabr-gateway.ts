import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { defined } from '../../contract/defined.ts'
import type { ServiceId, Tsi } from '../../contract/ids.ts'
import { type Destination, type RepairServer, wantedByBoth } from '../../flow/facts.ts'
import { type FindingFacts, type FindingPlace, findingAt, placeAt } from '../../flow/findings.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination, senderAddress } from '../../protocol/ip/address.ts'
import {
  GATEWAY_CONFIGURATION_URI,
  isConfigurationUri,
  MABR_CONTENT_TYPE,
  type MabrConfiguration,
  type MabrEndpoint,
  type MabrSession,
  type MabrTransportSession,
  mabrProtocol,
} from '../../protocol/mabr/configuration.ts'
import { isConfigurationRoot, parseMabrConfiguration } from '../../protocol/mabr/configuration-parser.ts'
import { bareMediaType } from '../../protocol/mime/headers.ts'
import { FILE_TABLE_LIMITS } from '../../protocol/table-limits.ts'
import { xmlRootName } from '../../xml/root-name.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import type { FileContext } from '../context/contexts.ts'
import { droppedEntries } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import { FluteSession } from '../flute/flute-session.ts'
import { contentKey } from '../object/content-hash.ts'
import { readWithin, SessionWork, unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { RouteSession } from '../route/route-session.ts'
import { type MabrListedService, MabrManifests } from './mabr-manifests.ts'
import type { ServiceTable } from './service-table.ts'

/** A configured session without packets for this time after it was joined is reported as missing, µs. */
const MISSING_AFTER_US = 10_000_000
/** GPAC's default of transportObjectReceptionTimeout, ms. */
const DEFAULT_REPAIR_AFTER_MS = 50

/** The sessions in a gateway's configuration. */
export type MabrTransports = {
  /** The session at a destination, made where there is none; null beyond the bound. */
  readonly at: (address: Destination, protocol: 'flute' | 'route', timeUs: number) => FluteSession | RouteSession | null
  /** A service found without signalling is part of this one. */
  readonly takeOver: (session: FluteSession | RouteSession, service: ReceivedService, timeUs: number) => void
  /** The configuration does not list this session any more. */
  readonly leave: (session: FluteSession | RouteSession, timeUs: number) => void
}

/** One transport session of the applied configuration. */
type Link = {
  readonly key: string
  readonly service: ReceivedService
  readonly session: FluteSession | RouteSession
  readonly tsi: Tsi | null
  readonly sinceUs: number
  missing: boolean
}

/**
 * A multicast gateway of TS 103 769: reads the configuration in a session, makes a service of each MulticastSession,
 * and assigns sessions and manifests. The configuration session is a service too (GPAC's service 0), whose files the
 * others share. A new configuration leaves unchanged sessions alone.
 */
export class MabrGateway {
  /** Service of the configuration and of shared files. */
  readonly service: ReceivedService
  readonly #context: FileContext
  readonly #table: ServiceTable
  readonly #target: ReceiveTarget
  readonly #transports: MabrTransports
  /** Services by serviceIdentifier. */
  readonly #services = new Map<string, MabrListedService>()
  #links = new Map<string, Link>()
  /** Destinations in the configuration. */
  #endpoints = new Set<string>()
  readonly #manifests: MabrManifests
  #known = false
  /** Content key of the configuration, and number of different ones so far. */
  #content: number | null = null
  #generation = 0
  readonly #work: SessionWork

  constructor(
    context: FileContext,
    table: ServiceTable,
    target: ReceiveTarget,
    service: ReceivedService,
    transports: MabrTransports,
  ) {
    this.#context = context
    this.#work = new SessionWork(context.work)
    this.#table = table
    this.#target = target
    this.#transports = transports
    this.service = service
    this.#manifests = new MabrManifests(context, this.#services, (of) => {
      for (const link of this.#links.values()) if (link.service === of) link.session.applyRoles()
    })
  }

  /**
   * Takes a gateway configuration.
   * @returns false for any other object
   */
  takeObject(object: TransportObject, timeUs: number): boolean {
    if (!isConfiguration(object)) return false
    const { carrier, index, frame, destination } = object
    const place = { service: this.service.id, carrier, object: index, destination }
    try {
      const faults = new EntryFaults()
      const most = Math.min(this.#context.limits.unpackedBytes, FILE_TABLE_LIMITS.unpackedBytes)
      this.#work.passed.arrived(timeUs)
      const bytes = unpackWithin(this.#work, object.bytes(0, object.length), most, timeUs)
      readWithin(this.#work, bytes, timeUs)
      const configuration = parseMabrConfiguration(bytes, faults)
      const name = object.name ?? GATEWAY_CONFIGURATION_URI
      const fragment = { type: 'MABR', name, version: configuration.schemaVersion, bytes }
      this.#context.observer.slsFragment(this.service.id, fragment, object.lastTimeUs)
      const content = contentKey(bytes)
      if (content !== this.#content) this.#generation++
      const dropped = content === this.#content ? null : droppedEntries('Gateway configuration', faults)
      if (dropped !== null) this.#context.found(findingAt(dropped, placeAt(timeUs, frame, place)))
      this.#content = content
      this.#apply(configuration, timeUs)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      const hit = this.#work.hit(thrown)
      const facts: FindingFacts =
        hit === null ? { kind: 'configurationUnreadable', fault: thrown } : { kind: 'limit', hit }
      this.#context.found(findingAt(facts, placeAt(timeUs, frame, place)))
    }
    return true
  }

  /**
   * Takes a manifest of a configured service.
   * @returns false where the file belongs to its channel's service
   */
  takeFile(file: FlowFile, timeUs: number): boolean {
    if (file.kind !== 'manifest' && file.kind !== 'playlist') {
      // Where nothing is received only the signalling is read.
      return file.serviceId === this.service.id && !this.#receives
    }
    if (!this.#known) {
      this.#manifests.keepEarly(file)
      return true
    }
    const listed = this.#manifests.ownerOf(file)
    if (listed === null) return file.serviceId === this.service.id && !this.#receives
    if (listed.service.joined) this.#manifests.take(listed, { ...file, serviceId: listed.service.id }, timeUs)
    return true
  }

  /** A configuration has arrived. */
  get known(): boolean {
    return this.#known
  }

  /** True where the configuration lists this destination, wanted or not. */
  names(destination: string): boolean {
    return this.#endpoints.has(destination)
  }

  /** Ends: delivers manifests that waited for a configuration as they are. */
  close(timeUs: number): void {
    if (this.#known) return
    for (const file of this.#manifests.takeEarly()) this.#context.file(file)
    const { destination } = this.service
    if (destination !== null) this.#found({ kind: 'configurationAbsent' }, this.service.id, timeUs, { destination })
  }

  get #receives(): boolean {
    if (!this.#known) return true
    for (const { service } of this.#services.values()) if (service.joined) return true
    return false
  }

  /** The configuration without the endpoints that may not be joined. */
  #joinable(received: MabrConfiguration, timeUs: number): MabrConfiguration {
    const may = ({ group: address, port }: MabrEndpoint): boolean =>
      // What arrives is joined already, also where the user named a unicast address.
      formatDestination(address, port) === this.service.destination ||
      this.#context.signalledGroup({ address, port }, 'The gateway configuration', this.service.id, timeUs)
    const joinable = (transport: MabrTransportSession): MabrTransportSession => ({
      ...transport,
      endpoints: transport.endpoints.filter(may),
    })
    return {
      ...received,
      configurationSessions: received.configurationSessions.map(joinable),
      sessions: received.sessions.map((session) => ({ ...session, transports: session.transports.map(joinable) })),
    }
  }

  #apply(received: MabrConfiguration, timeUs: number): void {
    const configuration = this.#joinable(received, timeUs)
    this.#known = true
    this.service.signalled = true
    const all = [...configuration.configurationSessions, ...configuration.sessions.flatMap((each) => each.transports)]
    this.#endpoints = new Set(
      all.flatMap((each) => each.endpoints.map(({ group, port }) => formatDestination(group, port))),
    )
    const links = new Map<string, Link>()
    const present = new Set<string>()
    for (const [index, session] of configuration.sessions.entries()) {
      const identifier = session.serviceIdentifier === '' ? `#${index}` : session.serviceIdentifier
      const listed = this.#serviceFor(identifier, session)
      if (listed === null) break
      present.add(identifier)
      this.#configure(listed, session, links, timeUs)
    }
    // Last, so that a ROUTE session of both kinds (GPAC) belongs to the service it carries.
    for (const transport of configuration.configurationSessions) {
      const owner = this.#ownerOfConfiguration(transport, configuration.sessions)
      if (owner.joined) this.#link(links, owner, transport, true, timeUs)
    }
    for (const [identifier, { service }] of this.#services) {
      if (present.has(identifier)) continue
      service.joined = false
      service.destinations.clear()
      this.#context.observer.serviceChanged(service)
    }
    const before = this.#links
    this.#links = links
    for (const [key, link] of before) if (!links.has(key)) this.#unlink(link, timeUs)
    this.#context.observer.serviceChanged(this.service)
    this.#table.changed()
    for (const file of this.#manifests.takeEarly()) if (!this.takeFile(file, timeUs)) this.#context.file(file)
  }

  /**
   * Service of a configuration session. One over ROUTE, beside that in which this configuration arrived, has the S-TSID and the
   * manifest of the only service there is (GPAC).
   */
  #ownerOfConfiguration(transport: MabrTransportSession, sessions: readonly MabrSession[]): ReceivedService {
    const isHere = ({ group, port }: MabrEndpoint): boolean =>
      formatDestination(group, port) === this.service.destination
    const [only] = this.#services.values()
    if (sessions.length !== 1 || only === undefined || transport.endpoints.some(isHere)) return this.service
    return mabrProtocol(transport.protocolIdentifier) === 'route' ? only.service : this.service
  }

  #serviceFor(identifier: string, { transports }: MabrSession): MabrListedService | null {
    const known = this.#services.get(identifier)
    if (known !== undefined) return known
    const service = this.#adopted(transports) ?? this.#table.addService(this.#target, false)
    if (service === null) return null
    const listed: MabrListedService = { service, manifests: [], contents: new Map() }
    this.#services.set(identifier, listed)
    return listed
  }

  /** A service whose media came so long before the configuration that it was given a number. */
  #adopted(transports: readonly MabrTransportSession[]): ReceivedService | null {
    for (const { group, port } of transports.flatMap(({ endpoints }) => endpoints)) {
      const service = this.#table.adopt(formatDestination(group, port), this.#target)
      if (service !== null) return service
    }
    return null
  }

  #configure(listed: MabrListedService, session: MabrSession, links: Map<string, Link>, timeUs: number): void {
    const { service } = listed
    listed.manifests = session.manifests
    service.name = session.serviceIdentifier || null
    service.signalled = true
    service.sharesFilesOf = this.service.id
    service.repairServers = session.transports.flatMap(repairServers).filter(isFirst)
    const [first] = session.transports
    const protocol = mabrProtocol(first?.protocolIdentifier ?? null)
    service.protocol = protocol === 'other' ? 'none' : protocol
    service.joined = this.#table.wants(service)
    const [endpoint] = first?.endpoints ?? []
    service.source = endpoint?.source ?? null
    if (endpoint !== undefined) this.#table.setAddress(service, { address: endpoint.group, port: endpoint.port })
    service.destinations.clear()
    for (const transport of session.transports) this.#link(links, service, transport, false, timeUs)
    this.#context.observer.serviceChanged(service)
  }

  #link(
    links: Map<string, Link>,
    service: ReceivedService,
    transport: MabrTransportSession,
    configures: boolean,
    timeUs: number,
  ): void {
    const protocol = mabrProtocol(transport.protocolIdentifier)
    if (protocol === 'other') {
      const facts = { serviceName: service.name, protocol: transport.protocolIdentifier }
      this.#found({ kind: 'protocolUnknown', ...facts }, service.id, timeUs)
      return
    }
    for (const endpoint of transport.endpoints) {
      const { group, port, tsi } = endpoint
      // The configuration already arrives, from any sender.
      const address = configures ? { address: group, port } : this.#destinationOf(endpoint, transport, service)
      const destination = formatDestination(group, port)
      if (service.joined)
        service.destinations.set(destination, wantedByBoth(service.destinations.get(destination), address))
      const key = `${protocol} ${group} ${port} ${tsi ?? '*'} ${service.id}`
      const before = this.#links.get(key)
      if (before !== undefined && service.joined) {
        links.set(key, before)
        continue
      }
      if (!service.joined || links.has(key)) continue
      const session = this.#transports.at(address, protocol, timeUs)
      if (session === null) continue
      const representation = transport.components.find((each) => each.representation !== null)?.representation ?? null
      if (session instanceof FluteSession) session.assign(tsi, { service, configures, representation }, timeUs)
      else if (!configures) session.assign(tsi, service, timeUs)
      if (session.service === null || session.service.discovered) this.#transports.takeOver(session, service, timeUs)
      // A configuration session of ROUTE is its S-TSID, of TSI 0, whatever TSI it names (GPAC: 1).
      const expected = configures && protocol === 'route' ? null : tsi
      links.set(key, { key, service, session, tsi: expected, sinceUs: timeUs, missing: false })
    }
  }

  #destinationOf(
    { group, port, source }: MabrEndpoint,
    { idleTimeoutMs }: MabrTransportSession,
    service: ReceivedService,
  ): Destination {
    const sender = source === null ? null : senderAddress(source)
    const idle = { afterMs: idleTimeoutMs ?? 0, services: [service.id], generation: this.#generation }
    return {
      address: group,
      port,
      ...defined({ sources: sender === null ? undefined : [sender] }),
      ...defined({ idle: idle.afterMs > 0 ? idle : undefined }),
    }
  }

  #unlink(link: Link, timeUs: number): void {
    const { session, tsi } = link
    for (const other of this.#links.values()) {
      // Another service has it now.
      if (other.session === session && other.tsi === tsi) return
    }
    session.unassign(tsi, timeUs)
    if (![...this.#links.values()].some((other) => other.session === session)) this.#transports.leave(session, timeUs)
  }

  /** Reports each configured session that is not on air, once. */
  tick(timeUs: number): void {
    for (const link of this.#links.values()) {
      if (link.missing || timeUs - link.sinceUs < MISSING_AFTER_US) continue
      const channels = [...link.session.channels]
      if (channels.some(({ tsi }) => link.tsi === null || link.tsi === tsi)) continue
      link.missing = true
      const { destination } = link.session
      const senders = link.service.destinations.get(destination)?.sources ?? []
      const facts = { kind: 'endpointSilent', silentMs: MISSING_AFTER_US / 1000, senders } as const
      const carrier = link.tsi === null ? null : ({ kind: 'lct', tsi: link.tsi } as const)
      this.#found(facts, link.service.id, timeUs, { destination, carrier })
    }
  }

  #found(facts: FindingFacts, service: ServiceId, timeUs: number, rest: Partial<FindingPlace> = {}): void {
    this.#context.found(findingAt(facts, placeAt(timeUs, 0, { service, ...rest })))
  }
}

/** True for a gateway configuration: by its name, else its type, else its content. */
export function isConfiguration(object: TransportObject): boolean {
  const { name, contentType } = object
  if (name !== null && isConfigurationUri(name)) return true
  if (contentType !== null && bareMediaType(contentType) === MABR_CONTENT_TYPE) return true
  // Media is never one, and parsing each object would be costly.
  if (object.toi === 0 || object.kind === 'media' || object.kind === 'init' || object.kind === 'manifest') return false
  const bytes = object.bytes(0, object.length)
  return looksLikeXml(bytes) && isConfigurationRoot(xmlRootName(bytes))
}

function repairServers({ repair }: MabrTransportSession): RepairServer[] {
  if (repair === null) return []
  return repair.baseUrls.map(({ url, weight }) => ({
    url,
    weight,
    stripBase: repair.objectBaseUri,
    fixedBackoffMs: repair.fixedBackoffMs,
    randomBackoffMs: repair.randomBackoffMs,
    afterMs: repair.receptionTimeoutMs ?? DEFAULT_REPAIR_AFTER_MS,
  }))
}

function isFirst(server: RepairServer, index: number, all: readonly RepairServer[]): boolean {
  return all.findIndex(({ url, stripBase }) => url === server.url && stripBase === server.stripBase) === index
}
