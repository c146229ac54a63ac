import type { Tsi } from '../contract/ids.ts'
import type { FileBytes, LiveFeed, LiveTrack, Presentation } from '../ingest/presentation.ts'
import { SLS_TSI } from '../protocol/route/toi-plan.ts'
import { type EmitContext, type Emitter, PacketSender } from './emitter.ts'
import { fecProtection } from './fec-protection.ts'
import { WAITING_US } from './live-channel.ts'
import { LiveMedia } from './live-media.ts'
import { RouteCarrier } from './live-route-carrier.ts'
import { LiveSignalling } from './live-signalling.ts'
import type { MabrChannel } from './mabr-session.ts'
import { RouteObject } from './route-object.ts'
import type { ServiceBroadcastOptions } from './service-broadcast.ts'
import type { ChannelOnAir, MediaEmitter, ServiceOnAir } from './service-on-air.ts'
import { firstVersion } from './table-version.ts'

/** Sends one service of a presentation that grows: what has come, at the pace at which the manifest announces it. */
export class LiveService implements Emitter, ServiceOnAir {
  readonly tracks = []
  readonly files = null
  readonly bytes: FileBytes
  readonly media: readonly MediaEmitter[]
  readonly #feed: LiveFeed
  readonly #options: ServiceBroadcastOptions
  readonly #ended: ((context: EmitContext) => void) | undefined
  readonly #sender: PacketSender
  readonly #signalling: LiveSignalling
  readonly #media: LiveMedia<RouteCarrier>
  #nextUs: number
  /** Changes of the feed that are signalled. */
  #signalled = -1

  /** @param ended called when nothing of it follows */
  constructor(
    options: ServiceBroadcastOptions,
    { bytes }: Presentation,
    feed: LiveFeed,
    startUs: number,
    ended?: (context: EmitContext) => void,
  ) {
    this.#options = options
    this.#ended = ended
    this.#feed = feed
    this.bytes = bytes
    this.#nextUs = startUs
    this.#sender = new PacketSender(options.address, options.port, options.mtu)
    this.#signalling = new LiveSignalling(options, firstVersion(startUs))
    const renew = (context: EmitContext): void => this.#renew(context)
    const protection = fecProtection(options.mtu, options.fecOverheadPercent, true)
    const carrier = (track: LiveTrack, tsi: Tsi): RouteCarrier => {
      const { address, port } = options.endpointOf(track)
      return new RouteCarrier(track, tsi, new PacketSender(address, port, options.mtu), protection, renew)
    }
    this.#media = new LiveMedia(feed, carrier, { changed: renew, ended: (context) => this.#end(context) })
    this.media = [this.#media]
  }

  get onAir(): readonly ChannelOnAir[] {
    return this.#media.onAir
  }

  /** At once after a change; not before the first segment, which sets the times of the manifest. */
  get nextUs(): number {
    if (!this.#media.isBegun) return WAITING_US
    return this.#feed.changes === this.#signalled ? this.#nextUs : Math.min(this.#nextUs, this.#feed.changedUs)
  }

  /** The channels of its media, as they are now. */
  get channels(): readonly MabrChannel[] {
    return this.#media.described(this.#sender, this.#options.manifestName)
  }

  resume(nowUs: number): void {
    this.#nextUs = Math.max(this.#nextUs, nowUs)
    this.#media.resume(nowUs)
  }

  send(context: EmitContext): boolean {
    const isDue = context.timeUs >= this.#nextUs
    if (this.#update() || isDue) this.#sendSls(context)
    if (isDue) this.#nextUs += this.#options.carouselUs
    return true
  }

  /** Sends the signalling where a segment needs another one. */
  #renew(context: EmitContext): void {
    if (this.#update()) this.#sendSls(context)
  }

  /** Closes the session of the signalling. */
  #end(context: EmitContext): void {
    this.#nextUs = Number.POSITIVE_INFINITY
    this.#update()
    this.#sendSls(context, true)
    this.#ended?.(context)
  }

  #update(): boolean {
    const { changes } = this.#feed
    if (changes !== this.#signalled) this.#media.follow()
    this.#signalled = changes
    return this.#signalling.update(this.#media.manifest(this.#options.manifestName), this.#media.channels)
  }

  #sendSls(context: EmitContext, closes = false): void {
    const { toi, codepoint, bytes } = this.#signalling.sls
    this.#sender.whole(new RouteObject(SLS_TSI, toi, codepoint, bytes, this.#sender.mtu, closes), context)
  }
}
