import type {
  FileBytes,
  LiveFeed,
  LiveSegment,
  LiveTrack,
  Presentation,
  PresentationManifest,
} from '../ingest/presentation.ts'
import { liveMpdOnAir } from '../manifest/mpd/live-on-air.ts'
import { CODEPOINT, mediaTsi, SLS_TSI } from '../protocol/route/toi-plan.ts'
import { type EmitContext, type Emitter, PacketSender } from './emitter.ts'
import { LiveChannel, type LivePace, WAITING_US } from './live-channel.ts'
import { LiveShift } from './live-shift.ts'
import { LiveSignalling } from './live-signalling.ts'
import type { MabrChannel } from './mabr-session.ts'
import { RouteObject } from './route-object.ts'
import type { ServiceBroadcastOptions } from './service-broadcast.ts'
import type { ChannelOnAir, MediaEmitter, ServiceOnAir } from './service-on-air.ts'
import { firstVersion } from './table-version.ts'

/** Longest duration that a manifest may state of its segments, in those of the ones that came. */
const MOST_STATED = 2
/** Segments that come earlier than this before their time show another clock, µs. */
const MOST_EARLY_US = 10_000_000

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
  readonly #media: LiveMedia
  #nextUs: number
  /** Changes of the feed that are signalled. */
  #signalled = -1
  /** The manifest on air, of which one and with which times. */
  #onAir: { readonly of: PresentationManifest; readonly byUs: number; readonly bytes: Uint8Array } | null = null

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
    this.#media = new LiveMedia(feed, this.#sender, {
      begins: (context) => this.#renew(context),
      ended: (context) => this.#end(context),
    })
    this.media = [this.#media]
  }

  /** At once after a change; not before the first segment, which sets the times of the manifest. */
  get nextUs(): number {
    if (!this.#media.isBegun) return WAITING_US
    return this.#feed.changes === this.#signalled ? this.#nextUs : Math.min(this.#nextUs, this.#feed.changedUs)
  }

  get onAir(): readonly ChannelOnAir[] {
    return this.#media.channels.map(({ tsi, track: { repId, contentType, bandwidth }, sender, objects, nextUs }) => {
      return { tsi, repId, contentType, bandwidth, sender, objects, nextUs }
    })
  }

  /** The channels of its media, as they are now. */
  get channels(): readonly MabrChannel[] {
    const { address, port } = this.#sender
    return this.#media.channels.map(({ tsi, track: { bandwidth, repId, playlist } }) => {
      return { tsi, endpoint: { address, port }, bandwidth, repId, playlist: playlist?.name ?? null }
    })
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
    const { manifest, changes } = this.#feed
    if (changes !== this.#signalled) this.#media.follow()
    this.#signalled = changes
    const { name, contentType } = manifest
    const onAir = { name: this.#options.manifestName ?? name, contentType, bytes: this.#manifestBytes(manifest) }
    return this.#signalling.update(onAir, this.#media.channels)
  }

  #manifestBytes(of: PresentationManifest): Uint8Array {
    if (of.mpd === null) return of.bytes
    const byUs = this.#media.shiftUs
    if (this.#onAir?.of !== of || this.#onAir.byUs !== byUs)
      this.#onAir = { of, byUs, bytes: new TextEncoder().encode(liveMpdOnAir(of.mpd, byUs)) }
    return this.#onAir.bytes
  }

  #sendSls(context: EmitContext, closes = false): void {
    const { toi, bytes } = this.#signalling.sls
    this.#sender.whole(new RouteObject(SLS_TSI, toi, CODEPOINT.package, bytes, this.#sender.mtu, closes), context)
  }
}

/** What a service does at the begin and the end of its media. */
type LiveSteps = {
  /** Sends signalling that a segment needs. */
  readonly begins: (context: EmitContext) => void
  /** Nothing follows. */
  readonly ended: (context: EmitContext) => void
}

/** The channels of a live service, which come and go, as one emitter. */
class LiveMedia implements MediaEmitter, LivePace {
  readonly #feed: LiveFeed
  readonly #sender: PacketSender
  readonly #steps: LiveSteps
  #channels: readonly LiveChannel[] = []
  #tracks: readonly LiveTrack[] = []
  #opened = 0
  #isClosing = false
  #ended = 0
  /** How much later than announced the service is sent, µs; null before its first segment. */
  #delayUs: number | null = null
  readonly #shift = new LiveShift()
  #longestUs = 0

  constructor(feed: LiveFeed, sender: PacketSender, steps: LiveSteps) {
    this.#feed = feed
    this.#sender = sender
    this.#steps = steps
    this.follow()
  }

  get channels(): readonly LiveChannel[] {
    return this.#channels
  }

  /** Whether a segment has come. */
  get isBegun(): boolean {
    return this.#delayUs !== null
  }

  /** How much later than at the origin a segment is available to receivers, by this machine's clock, µs. */
  get shiftUs(): number {
    const { clockUs, manifest, tracks } = this.#feed
    const longestUs = tracks.reduce((us, { segmentUs }) => Math.max(us, segmentUs), this.#longestUs)
    this.#longestUs = longestUs
    const statedUs = Math.min(manifest.mpd?.maxSegmentDurationUs ?? 0, MOST_STATED * longestUs)
    return this.#shift.follow({ clockUs, delayUs: this.#delayUs ?? 0, longestUs: Math.max(longestUs, statedUs) })
  }

  get objects(): number {
    return this.#channels.reduce((sum, channel) => sum + channel.objects, this.#ended)
  }

  get nextUs(): number {
    const isOver = this.#isClosing || (this.#feed.isOver && this.#tracks === this.#feed.tracks)
    let us = isOver ? Number.POSITIVE_INFINITY : WAITING_US
    for (const channel of this.#channels) us = Math.min(us, channel.nextUs)
    return us
  }

  send(context: EmitContext): boolean {
    let first: LiveChannel | null = null
    for (const channel of this.#channels) if (first === null || channel.nextUs < first.nextUs) first = channel
    if (first === null || first.nextUs >= WAITING_US) return false
    first.send(context)
    return true
  }

  resume(nowUs: number): void {
    for (const channel of this.#channels) channel.resume(nowUs)
  }

  close(nowUs: number): void {
    this.#isClosing = true
    for (const channel of this.#channels) channel.close(nowUs)
  }

  /** Opens channels for new tracks, and closes those of tracks that are gone and sent. */
  follow(): void {
    if (this.#isClosing) return
    const { tracks } = this.#feed
    this.#tracks = tracks
    const kept = this.#channels.filter(
      (channel) => tracks.includes(channel.track) || channel.nextUs !== Number.POSITIVE_INFINITY,
    )
    this.#ended = this.objects - kept.reduce((sum, channel) => sum + channel.objects, 0)
    const known = new Set(this.#channels.map(({ track }) => track))
    const added = tracks.filter((track) => !known.has(track))
    this.#channels = [...kept, ...added.map((track) => this.#open(track))]
  }

  #open(track: LiveTrack): LiveChannel {
    const { address, port, mtu } = this.#sender
    return new LiveChannel(track, mediaTsi(this.#opened++), new PacketSender(address, port, mtu), this)
  }

  /** The service has one delay, so that its channels stay together; it is set by its first segment. */
  dueUs({ announcedUs, arrivedUs, durationUs }: LiveSegment): number {
    const lateUs = arrivedUs - announcedUs
    this.#longestUs = Math.max(this.#longestUs, durationUs)
    this.#delayUs ??= lateUs >= 0 && lateUs <= durationUs ? 0 : lateUs
    if (this.#delayUs - lateUs > MOST_EARLY_US) this.#delayUs = lateUs
    return announcedUs + this.#delayUs
  }

  delay(byUs: number): void {
    this.#delayUs = (this.#delayUs ?? 0) + byUs
  }

  beginSegment(context: EmitContext): void {
    this.#steps.begins(context)
  }

  ended(context: EmitContext): void {
    if (this.nextUs === Number.POSITIVE_INFINITY) this.#steps.ended(context)
    else if (!this.#feed.isOver && !this.#isClosing) {
      // It is signalled no more.
      this.follow()
      this.#steps.begins(context)
    }
  }
}
