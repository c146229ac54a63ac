import type { Presentation } from '../ingest/presentation.ts'
import type { MabrSession, MabrTransportSession } from '../protocol/mabr/configuration.ts'
import { FILES_TSI, SLS_TSI } from '../protocol/route/toi-plan.ts'
import type { EmitContext, Emitter } from './emitter.ts'
import { LiveService } from './live-service.ts'
import { type MabrChannel, mabrSession } from './mabr-session.ts'
import { type MabrRepairOptions, transportSession } from './mabr-transport.ts'
import { ServiceBroadcast, type ServiceBroadcastOptions } from './service-broadcast.ts'
import type { ServiceOnAir } from './service-on-air.ts'

/** Values of a service over ROUTE in the configuration. */
export type MabrRouteOptions = ServiceBroadcastOptions & {
  /** Address of the only sender; null: any. */
  readonly source: string | null
  readonly repair: MabrRepairOptions
}

/** One service of a DVB-MABR broadcast over ROUTE (ETSI TS 103 769 Annex H), whose S-TSID and manifest are its own. */
export class MabrRouteService {
  /** Sends everything of the service. */
  readonly onAir: ServiceOnAir & Emitter & { readonly channels: readonly MabrChannel[] }
  readonly #options: MabrRouteOptions
  readonly #presentation: Presentation

  /**
   * @param ended called when nothing of it follows
   * @throws AppFailure not-supported, where the presentation cannot be looped; input-unusable, where it cannot be read
   */
  constructor(
    options: MabrRouteOptions,
    presentation: Presentation,
    startUs: number,
    ended: (context: EmitContext) => void,
  ) {
    this.#options = options
    this.#presentation = presentation
    const { live } = presentation
    this.onAir =
      live === undefined
        ? new ServiceBroadcast(options, presentation, startUs, ended)
        : new LiveService(options, presentation, live, startUs, ended)
  }

  /** The service in the configuration. */
  signalled(): MabrSession {
    const { serviceId, address, port, manifestName, source, repair } = this.#options
    const { live, files } = this.#presentation
    const channels: MabrChannel[] = [...this.onAir.channels]
    if (files.length > 0)
      channels.push({ tsi: FILES_TSI, endpoint: { address, port }, bandwidth: null, repId: null, playlist: null })
    // Names are as in the S-TSID, whose objects have no digests.
    const options = { serviceId, manifestName, base: '', source, repair, digests: false, inBand: false }
    return mabrSession(
      { ...options, protocol: 'route', manifest: live?.manifest ?? this.#presentation.manifest },
      channels,
    )
  }

  /** The session with its S-TSID. GPAC's receiver finds the services after the first by these only. */
  configurationSession(): MabrTransportSession {
    const { address, port, source } = this.#options
    return { ...transportSession('route', { source, address, port, tsi: SLS_TSI }), transportSecurity: 'none' }
  }
}
