import type { ServiceId } from '../../contract/ids.ts'
import type { Startup } from '../../contract/report.ts'
import type { ServiceSnapshot } from '../../contract/service-snapshot.ts'
import type { ChannelFacts, FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import { renameKey } from '../../flow/rename-key.ts'
import type { StreamWatch } from '../clock/stream-watch.ts'
import type { LossWatch } from '../losses/loss-watch.ts'
import type { RateMeter } from '../rate-meter.ts'
import { ofServices, sharedWith } from './of-services.ts'
import { whyNotPlayable } from './playability.ts'
import { type ServedState, serviceSnapshot } from './service-state.ts'
import type { StartupLog } from './startup-log.ts'

/** What lines of services are made of. */
type LineSources = {
  readonly channels: readonly ChannelFacts[]
  readonly flows: readonly FlowFacts[]
  readonly rates: RateMeter
  readonly losses: LossWatch
  readonly watch: StreamWatch
  readonly startup: StartupLog
}

/** Makes the lines of the service list: what came of each service, whether it goes on, and whether players can play it. */
export class ServiceLines {
  readonly #from: LineSources
  /** Services whose files others share. */
  readonly #configuring = new Set<ServiceId>()
  /** By the number that a service has now. */
  readonly #serials = new Map<ServiceId, number>()
  #lastSerial = 0

  constructor(from: LineSources) {
    this.#from = from
  }

  /** Another service uses the files of this one. */
  shares(service: ServiceId): void {
    this.#configuring.add(service)
  }

  serviceGone(service: ServiceId): void {
    this.#configuring.delete(service)
    this.#serials.delete(service)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    if (this.#configuring.delete(former)) this.#configuring.add(service)
    renameKey(this.#serials, former, service)
  }

  /** @param playable address and codecs of a service's manifest where served */
  snapshots(
    services: readonly ServiceFacts[],
    playable: (service: ServiceFacts) => ServedState,
    nowUs: number,
  ): ServiceSnapshot[] {
    return [...this.each(services, playable, nowUs)]
  }

  /** As `snapshots`, each made when it is asked for. */
  *each(
    services: readonly ServiceFacts[],
    playable: (service: ServiceFacts) => ServedState,
    nowUs: number,
  ): Generator<ServiceSnapshot> {
    const { rates, losses, watch, startup: log } = this.#from
    const channels = ofServices(this.#from.channels)
    const flows = ofServices(this.#from.flows)
    for (const service of services) {
      const ownFlows = flows.get(service.id) ?? []
      const own = channels.get(service.id) ?? []
      const shared = sharedWith(service, channels)
      const all = shared.length === 0 ? own : [...own, ...shared]
      const startup = log.of(service, all, ownFlows)
      const { silence } = watch
      const around = {
        serial: this.#serialOf(service.id),
        channels: own,
        flows: ownFlows,
        silent: !silence.isSilent(service.id) ? null : silence.isClosed(service.id) ? 'closed' : 'silent',
        tuningIn: { startup, latest: watch.latestOf(service, all) },
        playable: playable(service),
        notPlayable: this.whyNotPlayable(service, startup, all, nowUs),
      } as const
      yield serviceSnapshot(service, around, { rates, meter: losses.meter, fetched: losses.fetched })
    }
  }

  #serialOf(service: ServiceId): number {
    let serial = this.#serials.get(service)
    if (serial === undefined) {
      serial = ++this.#lastSerial
      this.#serials.set(service, serial)
    }
    return serial
  }

  /** @param channels of the service, and of the one whose files it shares */
  whyNotPlayable(
    service: ServiceFacts,
    startup: Startup,
    channels: readonly ChannelFacts[],
    nowUs: number,
  ): string | null {
    if (startup.playable !== null) return null
    const { startup: log, watch } = this.#from
    // A list may have 10 000 services of which nothing is known.
    return whyNotPlayable(service, {
      startup,
      configures: this.#configuring.has(service.id),
      needsInit: log.needsInit(service.id),
      get manifestFault() {
        return log.manifestFault(service, channels)
      },
      get variantFault() {
        return log.variantFault(service, channels)
      },
      get missing() {
        return log.missingRoles(service, channels)
      },
      get broadband() {
        return watch.agreement.broadbandOf(service.id, nowUs)
      },
    })
  }
}
