import type { SentServiceSnapshot } from '../contract/sending-snapshot.ts'
import { withoutCredentials } from '../contract/shown-url.ts'
import type { Presentation } from '../ingest/presentation.ts'
import type { BroadcastService } from '../send/broadcaster.ts'
import type { PacketSender } from '../send/emitter.ts'
import type { ChannelOnAir } from '../send/service-on-air.ts'
import type { Programme } from './faces/programme.ts'
import { ByteRate } from './rate-meter.ts'

/** What a broadcast sends, as its window is shown it; it measures the rates of the channels. */
export class SentServices {
  readonly #services: BroadcastService[]
  readonly #programmes: readonly Programme[]
  readonly #rates = new WeakMap<PacketSender, ByteRate>()

  /** @param programmes one for each service */
  constructor(services: readonly BroadcastService[], programmes: readonly Programme[]) {
    this.#services = [...services]
    this.#programmes = programmes
  }

  /** A service whose presentation has come. */
  came(place: number, presentation: Presentation): void {
    const service = this.#services[place]
    if (service !== undefined) this.#services[place] = { ...service, presentation }
  }

  /** Those whose presentations are there. @param onAir the channels of each service; @param isPaced its packets have times at which they are due */
  snapshot(onAir: readonly (readonly ChannelOnAir[])[], nowUs: number, isPaced: boolean): SentServiceSnapshot[] {
    return this.#services.flatMap(({ serviceId, serviceName, presentation, loop }, at) => {
      if (presentation === null) return []
      const channels = (onAir[at] ?? []).map(({ tsi, repId, contentType, bandwidth, sender, objects, nextUs }) => ({
        destination: `${sender.address}:${sender.port}`,
        tsi,
        representation: repId,
        contentType,
        plannedBps: bandwidth,
        packets: sender.packets,
        bytes: sender.bytes,
        rateBps: this.#rateOf(sender).bitsPerSecond(nowUs, sender.bytes),
        objects,
        lateMs: isPaced ? Math.max(0, nowUs - nextUs) / 1000 : 0,
      }))
      return [
        {
          id: serviceId,
          name: serviceName,
          input: withoutCredentials(this.#programmes[at]?.spec.input ?? ''),
          content: presentation.kind,
          durationUs: presentation.live === undefined ? presentation.durationUs : null,
          repeats: loop === true,
          channels,
        },
      ]
    })
  }

  #rateOf(sender: PacketSender): ByteRate {
    const known = this.#rates.get(sender)
    if (known !== undefined) return known
    const rate = new ByteRate()
    this.#rates.set(sender, rate)
    return rate
  }
}
