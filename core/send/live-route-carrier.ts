import type { Toi, Tsi } from '../contract/ids.ts'
import type { InlineFile, LiveSegment, LiveTrack } from '../ingest/presentation.ts'
import { CODEPOINT, INIT_TOI, PLAYLIST_TOIS } from '../protocol/route/toi-plan.ts'
import type { EmitContext, OutgoingObject, PacketSender } from './emitter.ts'
import { type FecProtection, ProtectedRouteObject, repairFlow, repairTsi, sourcePacketBytes } from './fec-protection.ts'
import { GrowingRouteObject } from './growing-route-object.ts'
import type { LiveCarrier } from './live-channel.ts'
import { RouteObject } from './route-object.ts'
import type { ListedFile, SignalledChannel } from './service-signalling.ts'

/** Segments that stay listed where no template names them. */
const MOST_LISTED = 16
/** Bound of an object's size where the manifest tells no rate, bytes. */
const UNKNOWN_BYTES = 5_000_000
/** Nominal length of a segment for that bound, s: GPAC's too. */
const BOUND_S = 10
/** Latest repair packet after the first source packet, in segments, and at least, ms. */
const DELAY_SEGMENTS = 1.5
const LEAST_DELAY_MS = 1000

/** Carries a live channel over ROUTE: playlist and initialisation segment before each segment. */
export class RouteCarrier implements LiveCarrier {
  readonly #track: LiveTrack
  readonly #tsi: Tsi
  readonly sender: PacketSender
  readonly #protection: FecProtection | null
  /** The object that was opened last, where it is protected. */
  #protected: ProtectedRouteObject | null = null
  #repairDelayMs = LEAST_DELAY_MS
  readonly #signal: (context: EmitContext) => void
  #listed: ListedFile[] = []
  /** That of the last segment. */
  #init: InlineFile | null = null
  /** The segment that was opened last. */
  #last: LiveSegment | null = null
  /** The playlist on air. */
  #playlist: { readonly of: InlineFile; readonly toi: Toi } | null = null
  #largestBytes: number

  /** @param signal sends signalling where it has changed */
  constructor(
    track: LiveTrack,
    tsi: Tsi,
    sender: PacketSender,
    protection: FecProtection | null,
    signal: (context: EmitContext) => void,
  ) {
    this.#track = track
    this.#protection = protection
    this.#tsi = tsi
    this.sender = sender
    this.#signal = signal
    this.#largestBytes = track.bandwidth === null ? UNKNOWN_BYTES : Math.ceil((track.bandwidth / 8) * BOUND_S)
  }

  get isBehind(): boolean {
    return this.#track.playlist !== (this.#playlist?.of ?? null)
  }

  open(segment: LiveSegment, context: EmitContext): OutgoingObject {
    const { toi, name, contentType, bytes, init, growing } = segment
    const length = growing?.state === 'grows' ? growing.totalBytes : bytes.length
    if (this.#track.fileTemplate === null)
      this.#listed = [...this.#listed, { toi, name, contentType, bytes: length }].slice(-MOST_LISTED)
    const largest = length ?? this.#last?.bytes.length ?? 0
    if (largest > this.#largestBytes) this.#largestBytes = 2 * largest
    this.#init = init
    this.#last = segment
    this.#followPlaylist()
    this.#signal(context)
    this.#sendPlaylist(context)
    this.#sendInit(context)
    return this.#object(segment)
  }

  #object({ toi, bytes, growing }: LiveSegment): OutgoingObject {
    const protection = this.#protection
    const mtu = protection === null ? this.sender.mtu : sourcePacketBytes(protection)
    const object =
      growing === null
        ? new RouteObject(this.#tsi, toi, CODEPOINT.media, bytes, mtu)
        : new GrowingRouteObject(this.#tsi, toi, CODEPOINT.media, growing, mtu)
    if (protection === null) return object
    this.#protected = new ProtectedRouteObject(object, protection, false)
    return this.#protected
  }

  renew(context: EmitContext): void {
    if (!this.#followPlaylist()) return
    this.#signal(context)
    this.#sendPlaylist(context)
  }

  close(context: EmitContext): void {
    if (this.#protected?.done === true) {
      this.#protected.toLastPackets()
      this.sender.whole(this.#protected, context)
    }
    if (this.#init !== null) this.#sendInit(context, true)
    else if (this.#playlist !== null) this.#sendPlaylist(context, true)
    else if (this.#last !== null) {
      const { toi, bytes } = this.#last
      const tail = new RouteObject(this.#tsi, toi, CODEPOINT.media, bytes, this.sender.mtu, true)
      tail.toLastPacket()
      this.sender.whole(tail, context)
    }
  }

  signalled(efdtVersion: number): SignalledChannel {
    const { repId, contentType, lang, bandwidth, fileTemplate } = this.#track
    // That of the segment on its way: the newest may be of one that waits.
    const init = this.#init ?? this.#track.init
    const files: ListedFile[] = []
    if (this.#playlist !== null) {
      const { toi, of } = this.#playlist
      files.push({ toi, name: of.name, contentType: of.contentType, bytes: of.bytes.length })
    }
    if (init !== null)
      files.push({ toi: INIT_TOI, name: init.name, contentType: init.contentType, bytes: init.bytes.length })
    return {
      tsi: this.#tsi,
      endpoint: { address: this.sender.address, port: this.sender.port },
      realTime: true,
      bandwidth,
      media: { repId, contentType, lang },
      efdtVersion,
      fileTemplate,
      largestBytes: this.#largestBytes,
      files: [...files, ...this.#listed],
      repair: this.#repair(),
    }
  }

  /** Its repair packets follow the last packet of a segment. The time that it states only grows, so that it seldom changes. */
  #repair(): SignalledChannel['repair'] {
    if (this.#protection === null) return undefined
    const neededMs = (DELAY_SEGMENTS * this.#track.segmentUs) / 1000
    while (this.#repairDelayMs < neededMs) this.#repairDelayMs *= 2
    return { tsi: repairTsi(this.#tsi), flow: repairFlow(this.#tsi, this.#protection, this.#repairDelayMs) }
  }

  #followPlaylist(): boolean {
    const { playlist } = this.#track
    if (playlist === null || playlist === this.#playlist?.of) return false
    const toi = this.#playlist?.toi === PLAYLIST_TOIS[0] ? PLAYLIST_TOIS[1] : PLAYLIST_TOIS[0]
    this.#playlist = { of: playlist, toi }
    return true
  }

  #sendPlaylist(context: EmitContext, closes = false): void {
    if (this.#playlist === null) return
    const { toi, of } = this.#playlist
    this.#whole(toi, CODEPOINT.playlist, of.bytes, context, closes)
  }

  #sendInit(context: EmitContext, closes = false): void {
    if (this.#init !== null) this.#whole(INIT_TOI, CODEPOINT.init, this.#init.bytes, context, closes)
  }

  #whole(toi: Toi, codepoint: number, bytes: Uint8Array, context: EmitContext, closes: boolean): void {
    this.sender.whole(new RouteObject(this.#tsi, toi, codepoint, bytes, this.sender.mtu, closes), context)
  }
}
