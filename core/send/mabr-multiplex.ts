import type { Presentation } from '../ingest/presentation.ts'
import {
  GATEWAY_CONFIGURATION_URI,
  MABR_CONTENT_TYPE,
  MABR_NAMESPACE,
  type MabrConfiguration,
  type MabrSession,
} from '../protocol/mabr/configuration.ts'
import { serialiseMabrConfiguration } from '../protocol/mabr/configuration-writer.ts'
import { CONFIGURATION_TSI, ConfigurationCarousel } from './configuration-carousel.ts'
import { type EmitContext, PacketSender } from './emitter.ts'
import { MabrLiveService } from './mabr-live-service.ts'
import { MabrRouteService } from './mabr-route-service.ts'
import { type DigestedFiles, MabrService } from './mabr-service.ts'
import { carouselOf } from './mabr-session.ts'
import { type MabrProtocol, type MabrRepairOptions, NO_OTHERS, transportSession } from './mabr-transport.ts'
import type { RepairBase } from './repair-servers.ts'
import type { CarouselFile } from './repeated-files.ts'
import type { ServiceBroadcastOptions } from './service-broadcast.ts'
import type { BegunService } from './service-on-air.ts'

/** What a DVB-MABR broadcast has beside other broadcasts. */
export type MabrOptions = {
  /** Protocol of the media; the configuration goes by FLUTE. */
  readonly protocol: MabrProtocol
  /** Manifests and initialisation segments go with the media, as always over ROUTE. */
  readonly inBand: boolean
  readonly digests: DigestedFiles
  /** The configuration names the sender, whom gateways then join only (source-specific multicast). */
  readonly sourceSpecific: boolean
  readonly repair: MabrRepairOptions
}

/** Options of a DVB-MABR multiplex. */
export type MabrMultiplexOptions = MabrOptions & {
  /** Endpoint of the configuration; the services follow on the next ports. */
  readonly address: string
  readonly port: number
  readonly mtu: number
  readonly carouselUs: number
  readonly sourceAddress: string
}

/** A service of a multiplex: what it has of its own, and its presentation. */
export type MabrMember = Omit<ServiceBroadcastOptions, 'mtu' | 'carouselUs' | 'scheme' | 'sourceAddress'> & {
  readonly presentation: Presentation
  readonly repairServers?: readonly RepairBase[]
}

/** As other senders of DVB-MABR do, unless told otherwise: GPAC's defaults. */
export const MABR_DEFAULTS: MabrOptions = {
  protocol: 'flute',
  inBand: false,
  digests: 'meta',
  sourceSpecific: false,
  repair: { baseUrls: [], afterMs: 50 },
}

const SCHEMA_VERSION = 2

/** A DVB-MABR broadcast: its services, and the configuration session that announces them (ETSI TS 103 769 clause 10). */
export class MabrMultiplex {
  /** The session of the configuration. */
  readonly carousel: ConfigurationCarousel
  /** One for each member it began with, in their order. */
  readonly services: readonly BegunService[]
  readonly #options: MabrMultiplexOptions
  readonly #flute: (MabrService | MabrLiveService)[] = []
  readonly #route: MabrRouteService[] = []
  /** The newest configuration, and what it lists. */
  #configuration: { readonly sessions: readonly MabrSession[]; readonly file: CarouselFile } | null = null
  /** Services of which something follows. */
  #going = 0

  /** @throws AppFailure not-supported | input-unusable, where a presentation cannot be sent */
  constructor(options: MabrMultiplexOptions, members: readonly MabrMember[], startUs: number) {
    const { address, port, mtu, carouselUs, digests } = options
    this.#options = options
    const configuration = (): CarouselFile => this.#configured()
    this.carousel = new ConfigurationCarousel(
      new PacketSender(address, port, mtu),
      startUs,
      carouselUs,
      digests !== 'none',
      configuration,
    )
    const begun = members.map((member) => this.#begin(member, startUs))
    this.carousel.put(configuration())
    for (const { files } of begun) for (const file of files) this.carousel.put(file)
    this.services = begun
  }

  /** Adds a service that comes later; the next round of the configuration announces it. @throws as the constructor */
  join(member: MabrMember, startUs: number): BegunService {
    const begun = this.#begin(member, startUs)
    for (const file of begun.files) this.carousel.put(file)
    return begun
  }

  /** Written anew only where a service has come or changed. */
  #configured(): CarouselFile {
    const sessions = [...this.#flute, ...this.#route].map((service) => service.signalled())
    const newest = this.#configuration
    if (newest?.sessions.length === sessions.length && newest.sessions.every((each, at) => each === sessions[at]))
      return newest.file
    const bytes = serialiseMabrConfiguration(configurationOf(this.#options, sessions, this.#route))
    const file = { name: GATEWAY_CONFIGURATION_URI, contentType: MABR_CONTENT_TYPE, bytes }
    this.#configuration = { sessions, file }
    return file
  }

  /** @returns the service, and what it repeats in the session of the configuration */
  #begin(
    { presentation, repairServers = [], ...member }: MabrMember,
    startUs: number,
  ): BegunService & { readonly files: CarouselFile[] } {
    const { mtu, carouselUs, protocol, inBand, digests, repair, sourceAddress, sourceSpecific } = this.#options
    const source = sourceSpecific ? sourceAddress : null
    const own = { ...member, mtu, carouselUs, source, repair: { ...repair, servers: repairServers } }
    const { carousel } = this
    const ended = (context: EmitContext): void => {
      if (--this.#going === 0) carousel.end(context)
    }
    const { live } = presentation
    if (protocol === 'flute' && live !== undefined) {
      const service = new MabrLiveService({ ...own, digests, inBand }, presentation, live, startUs, carousel, ended)
      this.#flute.push(service)
      this.#going++
      return { service, signalling: [service], files: [] }
    }
    if (protocol === 'flute') {
      const service = new MabrService({ ...own, digests, inBand }, presentation, startUs, carousel, ended)
      const files = service.carouselFiles()
      this.#flute.push(service)
      this.#going++
      return { service, signalling: [], files: [...files] }
    }
    const route = new MabrRouteService({ ...own, scheme: 'route', sourceAddress }, presentation, startUs, ended)
    this.#route.push(route)
    this.#going++
    return { service: route.onAir, signalling: [route.onAir], files: [] }
  }
}

function configurationOf(
  { address, port, digests, inBand, sourceSpecific, sourceAddress }: MabrMultiplexOptions,
  sessions: readonly MabrSession[],
  route: readonly MabrRouteService[],
): MabrConfiguration {
  const source = sourceSpecific ? sourceAddress : null
  const repeats = sessions.length > route.length && !inBand
  return {
    root: 'MulticastGatewayConfiguration',
    namespace: MABR_NAMESPACE,
    schemaVersion: SCHEMA_VERSION,
    validityPeriod: null,
    validUntil: null,
    configurationSessions: [
      {
        ...transportSession('flute', { source, address, port, tsi: CONFIGURATION_TSI }),
        transportSecurity: digests === 'none' ? 'none' : 'integrity',
        carousels: repeats ? [carouselOf(sessions.map(({ serviceIdentifier }) => serviceIdentifier))] : [],
      },
      ...route.map((service) => service.configurationSession()),
    ],
    sessions,
    ...NO_OTHERS,
  }
}
