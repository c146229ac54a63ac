import type { Toi, Tsi } from '../contract/ids.ts'
import type { GrowingBody } from '../ingest/growing-body.ts'
import type { FileBytes, InlineFile, LiveFeed, LiveSegment, LiveTrack, Presentation } from '../ingest/presentation.ts'
import type { MabrSession } from '../protocol/mabr/configuration.ts'
import { ChunkedFluteObject } from './chunked-flute-object.ts'
import type { ConfigurationCarousel } from './configuration-carousel.ts'
import { type EmitContext, type Emitter, type OutgoingObject, PacketSender } from './emitter.ts'
import { type FluteEntry, FluteTransmission } from './flute-transmission.ts'
import { type LiveCarrier, WAITING_US } from './live-channel.ts'
import { LiveMedia } from './live-media.ts'
import type { MabrServiceOptions } from './mabr-service.ts'
import { mabrSession, objectBase } from './mabr-session.ts'
import { type CarouselFile, RepeatedFiles } from './repeated-files.ts'
import type { ChannelOnAir, MediaEmitter, ServiceOnAir } from './service-on-air.ts'

/**
 * One service of a DVB-MABR broadcast whose presentation grows: each of its channels is a FLUTE session. Manifest, playlists and
 * initialisation segments go with the configuration when they change, or in band before each segment.
 */
export class MabrLiveService implements ServiceOnAir, Emitter {
  readonly tracks = []
  readonly files = null
  readonly bytes: FileBytes
  readonly media: readonly MediaEmitter[]
  readonly #options: MabrServiceOptions
  readonly #feed: LiveFeed
  readonly #carousel: ConfigurationCarousel
  readonly #media: LiveMedia<FluteCarrier>
  readonly #base: string
  /** Changes of the feed that are on air. */
  #signalled = -1
  #isOver = false

  /** @param ended called when nothing of it follows */
  constructor(
    options: MabrServiceOptions,
    { bytes }: Presentation,
    feed: LiveFeed,
    startUs: number,
    carousel: ConfigurationCarousel,
    ended: (context: EmitContext) => void,
  ) {
    this.#options = options
    this.#feed = feed
    this.#carousel = carousel
    this.#base = objectBase(options.serviceId)
    this.bytes = bytes
    const carrier = (track: LiveTrack, tsi: Tsi): FluteCarrier => {
      const sender = new PacketSender(options.address, options.port, options.mtu)
      return new FluteCarrier(track, new FluteTransmission(tsi, sender, startUs), options.digests, {
        base: this.#base,
        files: (changed, gone, context) => this.#files(changed, gone, context),
        inBand: () => (options.inBand ? this.#manifest() : null),
      })
    }
    this.#media = new LiveMedia(feed, carrier, {
      changed: (context) => this.#follow(context),
      ended: (context) => {
        this.#follow(context)
        this.#isOver = true
        ended(context)
      },
    })
    this.media = [this.#media]
  }

  get onAir(): readonly ChannelOnAir[] {
    return this.#media.onAir
  }

  /** At once after a change; not before the first segment, which sets the times of the manifest. */
  get nextUs(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY
    return this.#media.isBegun && this.#feed.changes !== this.#signalled ? this.#feed.changedUs : WAITING_US
  }

  resume(nowUs: number): void {
    this.#media.resume(nowUs)
  }

  send(context: EmitContext): boolean {
    this.#follow(context)
    return true
  }

  /** The service in the configuration. */
  signalled(): MabrSession {
    const { serviceId, address, port, manifestName, source, repair, digests, inBand } = this.#options
    const { manifest } = this.#feed
    const options = { serviceId, manifest, manifestName, base: this.#base, source, repair, inBand }
    const channels = this.#media.described({ address, port }, manifestName)
    return mabrSession({ ...options, protocol: 'flute', digests: digests === 'all' }, channels)
  }

  #manifest(): CarouselFile {
    const { name, contentType, bytes } = this.#media.manifest(this.#options.manifestName)
    return { name: this.#base + name, contentType, bytes }
  }

  #follow(context: EmitContext): void {
    const { changes } = this.#feed
    if (changes !== this.#signalled) this.#media.follow()
    this.#signalled = changes
    if (!this.#options.inBand) this.#carousel.renew([this.#manifest()], context)
  }

  /** Files of a channel that changed, and that are needed no more. In band they are with its segments. */
  #files(changed: readonly CarouselFile[], gone: readonly string[], context: EmitContext): void {
    if (this.#options.inBand) return
    this.#carousel.drop(gone)
    // Also the manifest: the times that a segment sets belong to it.
    this.#carousel.renew([this.#manifest(), ...changed], context)
  }
}

/** What a channel has of its service. */
type FluteHost = {
  /** Before each name. */
  readonly base: string
  /** Takes files that the channel needs, and names of those that it needs no more. */
  readonly files: (changed: readonly CarouselFile[], gone: readonly string[], context: EmitContext) => void
  /** The manifest where all goes in band; otherwise null. */
  readonly inBand: () => CarouselFile | null
}

/** Carries a live channel over FLUTE: each segment follows the table that names it. */
class FluteCarrier implements LiveCarrier {
  readonly #track: LiveTrack
  readonly #session: FluteTransmission
  readonly #digests: MabrServiceOptions['digests']
  readonly #host: FluteHost
  readonly #repeated: RepeatedFiles
  #playlist: InlineFile | null = null
  #init: InlineFile | null = null

  constructor(track: LiveTrack, session: FluteTransmission, digests: MabrServiceOptions['digests'], host: FluteHost) {
    this.#track = track
    this.#session = session
    this.#digests = digests
    this.#host = host
    this.#repeated = new RepeatedFiles(session, digests !== 'none')
  }

  get isBehind(): boolean {
    return this.#track.playlist !== this.#playlist
  }

  open(segment: LiveSegment, context: EmitContext): OutgoingObject {
    const { name, contentType, bytes, init, growing } = segment
    const old = this.#init
    this.#init = init
    this.#follow(old, context)
    if (growing !== null && growing.state !== 'whole') return this.#chunked(segment, growing, context)
    const listed = {
      ...this.#named({ name, contentType, bytes }),
      toi: this.#repeated.nextToi(),
      digest: this.#digests === 'all',
    }
    this.#announce([listed], context)
    return this.#session.open(listed, false)
  }

  /** @param context is that of every packet */
  #chunked({ name, contentType }: LiveSegment, body: GrowingBody, context: EmitContext): OutgoingObject {
    const first = this.#announceRepeated(context)
    let toi: Toi | null = first
    return new ChunkedFluteObject(body, this.#host.base + name, { tsi: this.#session.tsi, toi: first }, (chunk) => {
      const listed = { ...chunk, contentType, toi: toi ?? this.#repeated.nextToi(), digest: this.#digests === 'all' }
      toi = null
      const table = this.#session.openTable([...this.#repeated.entries, listed], context.timeUs)
      this.#session.nextInstance()
      return [table, this.#session.open(listed, false)]
    })
  }

  /** Sends what is repeated before a segment whose chunks have tables of their own. @returns the TOI of the first chunk */
  #announceRepeated(context: EmitContext): Toi {
    if (this.#repeated.entries.length > 0) this.#announce([], context)
    return this.#repeated.nextToi()
  }

  get sender(): PacketSender {
    return this.#session.sender
  }

  renew(context: EmitContext): void {
    if (!this.isBehind) return
    this.#follow(this.#init, context)
    if (this.#repeated.entries.length > 0) this.#announce([], context)
  }

  close(context: EmitContext): void {
    this.#session.close(context)
  }

  /** Takes the playlist and the initialisation segment. @param old the initialisation segment before */
  #follow(old: InlineFile | null, context: EmitContext): void {
    this.#playlist = this.#track.playlist
    const files = [this.#playlist, this.#init].filter((file) => file !== null).map((file) => this.#named(file))
    const gone = old !== null && old.name !== this.#init?.name ? [this.#host.base + old.name] : []
    this.#host.files(files, gone, context)
    const manifest = this.#host.inBand()
    if (manifest === null) return
    this.#repeated.drop(gone)
    for (const file of [manifest, ...files]) this.#repeated.put(file)
  }

  /** Sends the table with new entries, and what is repeated before them. */
  #announce(entries: readonly FluteEntry[], context: EmitContext): void {
    const before = this.#repeated.entries
    this.#session.sendTable([...before, ...entries], context)
    this.#session.nextInstance()
    for (const each of before) this.#session.sendWhole(each, context)
  }

  #named({ name, contentType, bytes }: InlineFile): CarouselFile {
    return { name: this.#host.base + name, contentType, bytes }
  }
}
