import type { Tsi } from '../contract/ids.ts'
import type { LiveFeed, LiveSegment, LiveTrack, PresentationManifest } from '../ingest/presentation.ts'
import { liveMpdOnAir } from '../manifest/mpd/live-on-air.ts'
import { mediaTsi } from '../protocol/route/toi-plan.ts'
import type { EmitContext } from './emitter.ts'
import { type LiveCarrier, LiveChannel, type LivePace, WAITING_US } from './live-channel.ts'
import { LiveShift } from './live-shift.ts'
import type { MabrChannel } from './mabr-session.ts'
import type { ChannelOnAir, MediaEmitter } from './service-on-air.ts'
import type { SignalledManifest } from './service-signalling.ts'
import type { Endpoint } from './split-endpoints.ts'

/** Longest duration that a manifest may state of its segments, in those of the ones that came. */
const MOST_STATED = 2
/** Half a segment more than its duration: one that comes up to a segment late is sent at twice the pace. */
const SENDING = 1.5
/** Segments that come earlier than this before their time show another clock, µs. */
const MOST_EARLY_US = 10_000_000

/** What a service does where its channels change, and at the end of its media. */
type LiveSteps = {
  /** Sends signalling that has changed. */
  readonly changed: (context: EmitContext) => void
  /** Nothing follows. */
  readonly ended: (context: EmitContext) => void
}

/** The channels of a live service, which come and go, as one emitter. */
export class LiveMedia<Carrier extends LiveCarrier> implements MediaEmitter, LivePace {
  readonly #feed: LiveFeed
  readonly #carrier: (track: LiveTrack, tsi: Tsi) => Carrier
  readonly #steps: LiveSteps
  #channels: readonly LiveChannel<Carrier>[] = []
  #tracks: readonly LiveTrack[] = []
  #opened = 0
  #isClosing = false
  #ended = 0
  /** How much later than announced the service is sent, µs; null before its first segment. */
  #delayUs: number | null = null
  readonly #shift = new LiveShift()
  /** The MPD on air, of which one and with which times. */
  #onAir: { readonly of: PresentationManifest; readonly byUs: number; readonly bytes: Uint8Array } | null = null
  #longestUs = 0

  /** @param carrier makes that of a new channel */
  constructor(feed: LiveFeed, carrier: (track: LiveTrack, tsi: Tsi) => Carrier, steps: LiveSteps) {
    this.#feed = feed
    this.#carrier = carrier
    this.#steps = steps
    this.follow()
  }

  get channels(): readonly LiveChannel<Carrier>[] {
    return this.#channels
  }

  /** Whether a segment has come. */
  get isBegun(): boolean {
    return this.#delayUs !== null
  }

  /** The manifest as it is on air now. @param name on air; null: its own */
  manifest(name: string | null): SignalledManifest {
    const { manifest: of } = this.#feed
    const named = { name: name ?? of.name, contentType: of.contentType }
    if (of.mpd === null) return { ...named, bytes: of.bytes }
    const byUs = this.#shiftUs()
    if (this.#onAir?.of !== of || this.#onAir.byUs !== byUs)
      this.#onAir = { of, byUs, bytes: new TextEncoder().encode(liveMpdOnAir(of.mpd, byUs)) }
    return { ...named, bytes: this.#onAir.bytes }
  }

  /** Its channels for a configuration. @param name of the manifest on air; null: its own */
  described({ address, port }: Endpoint, name: string | null): MabrChannel[] {
    const { manifest } = this.#feed
    return this.#channels.map(({ tsi, track: { bandwidth, repId, playlist, isPartial: isChunked } }) => ({
      tsi,
      endpoint: { address, port },
      bandwidth,
      repId,
      isChunked,
      playlist: manifest.mpd === null ? (playlist?.name ?? name ?? manifest.name) : null,
    }))
  }

  /** How much later than at the origin a segment is available to receivers, by this machine's clock, µs. */
  #shiftUs(): number {
    const { clockUs, manifest, tracks } = this.#feed
    const longestUs = tracks.reduce((us, { segmentUs }) => Math.max(us, segmentUs), this.#longestUs)
    this.#longestUs = longestUs
    const statedUs = Math.min(manifest.mpd?.maxSegmentDurationUs ?? 0, MOST_STATED * longestUs)
    const segmentUs = Math.max(longestUs, statedUs)
    const sendingUs = this.#channels.reduce((us, channel) => Math.max(us, sendingOf(channel, segmentUs)), 0)
    return this.#shift.follow({ clockUs, delayUs: this.#delayUs ?? 0, sendingUs })
  }

  get onAir(): readonly ChannelOnAir[] {
    return this.#channels.map(({ tsi, track: { repId, contentType, bandwidth }, carrier, objects, nextUs }) => {
      return { tsi, repId, contentType, bandwidth, sender: carrier.sender, objects, nextUs }
    })
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
    let first: LiveChannel<Carrier> | null = null
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
    this.#channels = [
      ...kept,
      ...added.map((track) => {
        const tsi = mediaTsi(this.#opened++)
        return new LiveChannel(track, tsi, this.#carrier(track, tsi), this)
      }),
    ]
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

  ended(context: EmitContext): void {
    if (this.nextUs === Number.POSITIVE_INFINITY) this.#steps.ended(context)
    else if (!this.#feed.isOver && !this.#isClosing) {
      // It is signalled no more.
      this.follow()
      this.#steps.changed(context)
    }
  }
}

/** Time from a segment's availability at its origin until it is sent, µs; that of its first part where it comes piece by piece. */
function sendingOf({ track }: LiveChannel, segmentUs: number): number {
  const wholeUs = Math.ceil(SENDING * segmentUs)
  return track.isPartial ? 0 : wholeUs
}
