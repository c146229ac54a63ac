import type { Presentation } from '../ingest/presentation.ts'
import {
  GATEWAY_CONFIGURATION_URI,
  MABR_CONTENT_TYPE,
  MABR_NAMESPACE,
  type MabrSession,
} from '../protocol/mabr/configuration.ts'
import { serialiseMabrConfiguration } from '../protocol/mabr/configuration-writer.ts'
import { CONFIGURATION_TSI, ConfigurationCarousel } from './configuration-carousel.ts'
import { type EmitContext, PacketSender } from './emitter.ts'
import { MabrService, type MabrServiceOptions } from './mabr-service.ts'
import { fluteTransport, NO_OTHERS } from './mabr-transport.ts'

/** Options of a DVB-MABR broadcast. */
export type MabrMultiplexOptions = {
  /** Endpoint of the configuration; the services follow on the next ports. */
  readonly address: string
  readonly port: number
  readonly mtu: number
  readonly carouselUs: number
  /** Files that have an MD5 in their table: none, those of the configuration session, or all. */
  readonly digests: 'none' | 'meta' | 'all'
}

/** A service of a multiplex before it has its endpoint. */
export type MabrMember = Omit<MabrServiceOptions, 'mtu' | 'carouselUs' | 'digests'> & {
  readonly presentation: Presentation
}

const SCHEMA_VERSION = 2

/** A DVB-MABR broadcast: its services, and the configuration session that announces them (ETSI TS 103 769 clause 10). */
export class MabrMultiplex {
  readonly carousel: ConfigurationCarousel
  readonly services: readonly MabrService[]

  constructor(options: MabrMultiplexOptions, members: readonly MabrMember[], startUs: number) {
    const { address, port, mtu, carouselUs, digests } = options
    const sender = new PacketSender(address, port, mtu)
    this.carousel = new ConfigurationCarousel(sender, startUs, carouselUs, digests !== 'none')
    const common = { mtu, carouselUs, digests: digests === 'all' }
    let going = members.length
    const ended = (context: EmitContext): void => {
      if (--going === 0) this.carousel.end(context)
    }
    this.services = members.map(
      ({ presentation, ...member }) =>
        new MabrService({ ...member, ...common }, presentation, startUs, this.carousel, ended),
    )
    const bytes = configurationOf(
      options,
      this.services.map((service) => service.signalled()),
    )
    this.carousel.put({ name: GATEWAY_CONFIGURATION_URI, contentType: MABR_CONTENT_TYPE, bytes })
    for (const service of this.services) for (const file of service.carouselFiles()) this.carousel.put(file)
  }
}

function configurationOf(
  { address, port, digests }: MabrMultiplexOptions,
  sessions: readonly MabrSession[],
): Uint8Array {
  return serialiseMabrConfiguration({
    root: 'MulticastGatewayConfiguration',
    namespace: MABR_NAMESPACE,
    schemaVersion: SCHEMA_VERSION,
    validityPeriod: null,
    validUntil: null,
    configurationSessions: [
      {
        ...fluteTransport(address, port, CONFIGURATION_TSI),
        transportSecurity: digests === 'none' ? 'none' : 'integrity',
        carousels: [
          {
            transportBytes: null,
            contentBytes: null,
            items: sessions.flatMap(({ serviceIdentifier }) =>
              (['manifests', 'init'] as const).map((kind) => ({
                kind,
                serviceIdRef: serviceIdentifier,
                transportSessionIdRef: null,
                revalidationPeriod: null,
                url: '',
                ...NO_OTHERS,
              })),
            ),
          },
        ],
      },
    ],
    sessions,
    ...NO_OTHERS,
  })
}
