import type { Toi, Tsi } from '../contract/ids.ts'
import type { InlineFile, LiveSegment, LiveTrack } from '../ingest/presentation.ts'
import { CODEPOINT, INIT_TOI, PLAYLIST_TOIS } from '../protocol/route/toi-plan.ts'
import { closingPackets, type EmitContext, MAX_GAP_US, type PacketSender } from './emitter.ts'
import { RouteObject } from './route-object.ts'
import type { ListedFile, SignalledChannel } from './service-signalling.ts'

/** An emitter that has nothing now, and may have something later. */
export const WAITING_US = Number.MAX_VALUE
/** Segments in a row that come equally late, after which the service is sent later as a whole. */
const MOST_LATE = 3
/** Segments that stay listed where no template names them. */
const MOST_LISTED = 16
/** Bound of an object's size where the manifest tells no rate, bytes. */
const UNKNOWN_BYTES = 5_000_000
/** Nominal length of a segment for that bound, s: GPAC's too. */
const BOUND_S = 10

/** What a channel has in common with the others of its service. */
export interface LivePace {
  /** When a segment is to be sent, which may be before it arrived, µs since the UNIX epoch. */
  dueUs(segment: LiveSegment): number
  /** Called before a segment's first packet: sends the signalling that it needs. */
  beginSegment(context: EmitContext): void
  /** Called where all segments come this much late: the service is sent later as a whole, µs. */
  delay(byUs: number): void
  /** Called when nothing of a channel follows. */
  ended(context: EmitContext): void
}

/** Sends the segments of one live track as they come, each spread over its duration; a late one catches up at twice the pace. */
export class LiveChannel {
  readonly track: LiveTrack
  readonly tsi: Tsi
  objects = 0
  readonly sender: PacketSender
  readonly #pace: LivePace
  #object: RouteObject | null = null
  #nextUs = 0
  #isClosed = false
  /** Packets to its end; without one Infinity. */
  #packetsLeft = Number.POSITIVE_INFINITY
  /** When it was told to end; null: it was not. */
  #closingUs: number | null = null
  /** Segments that came equally late in a row, and by how much the last one did. */
  #late = 0
  #lateUs = 0
  #beginUs = 0
  #endUs = 0
  #listed: ListedFile[] = []
  /** That of the last segment. */
  #init: InlineFile | null = null
  /** The segment that was sent last. */
  #last: LiveSegment | null = null
  /** The playlist on air. */
  #playlist: { readonly of: InlineFile; readonly toi: Toi } | null = null
  #largestBytes: number

  constructor(track: LiveTrack, tsi: Tsi, sender: PacketSender, pace: LivePace) {
    this.track = track
    this.tsi = tsi
    this.sender = sender
    this.#pace = pace
    this.#largestBytes = track.bandwidth === null ? UNKNOWN_BYTES : Math.ceil((track.bandwidth / 8) * BOUND_S)
  }

  /** Infinity at its end. */
  get nextUs(): number {
    if (this.#object !== null) return this.#nextUs
    const segment = this.track.peek()
    if (this.#isClosed) return Number.POSITIVE_INFINITY
    if (this.#closingUs !== null) return this.#closingUs
    if (segment === null && this.track.playlist !== (this.#playlist?.of ?? null)) return this.#nextUs
    if (segment === null) return this.track.endedUs === null ? WAITING_US : Math.max(this.#nextUs, this.track.endedUs)
    return Math.max(this.#nextUs, segment.arrivedUs, this.#pace.dueUs(segment))
  }

  send(context: EmitContext): void {
    const segment = this.track.peek()
    const isClosing = this.#object === null && this.#closingUs !== null
    if (segment === null || isClosing) {
      if (isClosing || !this.#renewPlaylist(context)) this.#close(context)
      return
    }
    const object = this.#object ?? this.#begin(segment, context)
    this.sender.next(object, context)
    if (object.done || --this.#packetsLeft === 0) {
      this.#object = null
      if (object.done) this.objects++
      this.#last = segment
      this.track.take()
      this.#renewPlaylist(context)
      return
    }
    const evenUs = this.#beginUs + Math.floor(((this.#endUs - this.#beginUs) * object.offset) / object.sizeBytes)
    this.#nextUs = Math.min(evenUs, this.#nextUs + MAX_GAP_US)
  }

  /** Ends after the segment on its way, or within it where its rest takes too long. */
  close(nowUs: number): void {
    if (this.#closingUs !== null) return
    this.#closingUs = nowUs
    this.#packetsLeft = closingPackets(this.#object, this.#endUs - nowUs)
  }

  /** Sends the rest of an open segment later, after a pause. */
  resume(nowUs: number): void {
    const lateUs = nowUs - this.#nextUs
    if (this.#object === null || lateUs <= 0) return
    this.#nextUs += lateUs
    this.#beginUs += lateUs
    this.#endUs += lateUs
  }

  signalled(efdtVersion: number): SignalledChannel {
    const { repId, contentType, lang, bandwidth, fileTemplate } = this.track
    // That of the segment on its way: the newest may be of one that waits.
    const init = this.#init ?? this.track.init
    const files: ListedFile[] = []
    if (this.#playlist !== null) {
      const { toi, of } = this.#playlist
      files.push({ toi, name: of.name, contentType: of.contentType, bytes: of.bytes.length })
    }
    if (init !== null)
      files.push({ toi: INIT_TOI, name: init.name, contentType: init.contentType, bytes: init.bytes.length })
    return {
      tsi: this.tsi,
      endpoint: { address: this.sender.address, port: this.sender.port },
      realTime: true,
      bandwidth,
      media: { repId, contentType, lang },
      efdtVersion,
      fileTemplate,
      largestBytes: this.#largestBytes,
      files: [...files, ...this.#listed],
    }
  }

  #begin(segment: LiveSegment, context: EmitContext): RouteObject {
    const { toi, name, contentType, bytes, durationUs, init } = segment
    const dueUs = this.#pace.dueUs(segment)
    this.#noteLate(segment.arrivedUs - dueUs, durationUs)
    this.#beginUs = Math.max(context.timeUs, dueUs)
    const leftUs = Math.min(durationUs, dueUs + durationUs - this.#beginUs)
    this.#endUs = this.#beginUs + Math.max(durationUs / 2, leftUs)
    this.#nextUs = this.#beginUs
    if (this.track.fileTemplate === null)
      this.#listed = [...this.#listed, { toi, name, contentType, bytes: bytes.length }].slice(-MOST_LISTED)
    if (bytes.length > this.#largestBytes) this.#largestBytes = 2 * bytes.length
    this.#init = init
    this.#followPlaylist()
    this.#pace.beginSegment(context)
    this.#sendPlaylist(context)
    this.#sendInit(context)
    this.#object = new RouteObject(this.tsi, toi, CODEPOINT.media, bytes, this.sender.mtu)
    return this.#object
  }

  /** Segments that wait since a trouble catch up; those that come late for ever are late by as much each time. */
  #noteLate(lateUs: number, durationUs: number): void {
    const isSteady = lateUs > durationUs && lateUs > this.#lateUs - durationUs / 4
    this.#late = isSteady ? this.#late + 1 : 0
    this.#lateUs = lateUs
    if (this.#late < MOST_LATE) return
    this.#late = 0
    this.#pace.delay(lateUs)
  }

  /** Closes the session: that a segment was the last is known only afterwards, so what was sent before does. */
  #close(context: EmitContext): void {
    this.#isClosed = true
    if (this.#init !== null) this.#sendInit(context, true)
    else if (this.#playlist !== null) this.#sendPlaylist(context, true)
    else if (this.#last !== null) {
      const { toi, bytes } = this.#last
      const tail = new RouteObject(this.tsi, toi, CODEPOINT.media, bytes, this.sender.mtu, true)
      tail.toLastPacket()
      this.sender.whole(tail, context)
    }
    this.#pace.ended(context)
  }

  /** Sends the playlist where it has changed, and the signalling that names it. */
  #renewPlaylist(context: EmitContext): boolean {
    if (!this.#followPlaylist()) return false
    this.#pace.beginSegment(context)
    this.#sendPlaylist(context)
    return true
  }

  #followPlaylist(): boolean {
    const { playlist } = this.track
    if (playlist === null || playlist === this.#playlist?.of) return false
    const toi = this.#playlist?.toi === PLAYLIST_TOIS[0] ? PLAYLIST_TOIS[1] : PLAYLIST_TOIS[0]
    this.#playlist = { of: playlist, toi }
    return true
  }

  #sendPlaylist(context: EmitContext, closes = false): void {
    if (this.#playlist === null) return
    const { toi, of } = this.#playlist
    this.sender.whole(new RouteObject(this.tsi, toi, CODEPOINT.playlist, of.bytes, this.sender.mtu, closes), context)
  }

  #sendInit(context: EmitContext, closes = false): void {
    if (this.#init === null) return
    const { bytes } = this.#init
    this.sender.whole(new RouteObject(this.tsi, INIT_TOI, CODEPOINT.init, bytes, this.sender.mtu, closes), context)
  }
}
