import type { Tsi } from '../contract/ids.ts'
import type { LiveSegment, LiveTrack } from '../ingest/presentation.ts'
import { closingPackets, type EmitContext, MAX_GAP_US, type OutgoingObject, type PacketSender } from './emitter.ts'

/** An emitter that has nothing now, and may have something later. */
export const WAITING_US = Number.MAX_VALUE
/** Segments in a row that come equally late, after which the service is sent later as a whole. */
const MOST_LATE = 3

/** Rate of what comes piece by piece where none is chosen: a piece is not sent as one burst. Times that of the media, and at least, bit/s. */
const PIECE_SPEED = 8
const LEAST_PIECE_BPS = 20_000_000

/** What a channel has in common with the others of its service. */
export interface LivePace {
  /** When a segment is to be sent, which may be before it arrived, µs since the UNIX epoch. */
  dueUs(segment: LiveSegment): number
  /** Called where all segments come this much late: the service is sent later as a whole, µs. */
  delay(byUs: number): void
  /** Called when nothing of a channel follows. */
  ended(context: EmitContext): void
}

/** How the objects of a live channel are carried. */
export interface LiveCarrier {
  /** The channel's own. */
  readonly sender: PacketSender
  /** Whether its playlist on air is not the newest. */
  readonly isBehind: boolean
  /** Sends what a segment needs, and opens it. */
  open(segment: LiveSegment, context: EmitContext): OutgoingObject
  /** Sends the playlist where it has changed. */
  renew(context: EmitContext): void
  /** Closes the session: that a segment was the last is known only afterwards, so what was sent before does. */
  close(context: EmitContext): void
}

/** Sends the segments of one live track as they come, each spread over its duration; a late one catches up at twice the pace. */
export class LiveChannel<Carrier extends LiveCarrier = LiveCarrier> {
  readonly track: LiveTrack
  readonly tsi: Tsi
  readonly carrier: Carrier
  objects = 0
  readonly #pace: LivePace
  #object: OutgoingObject | null = null
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

  constructor(track: LiveTrack, tsi: Tsi, carrier: Carrier, pace: LivePace) {
    this.track = track
    this.tsi = tsi
    this.carrier = carrier
    this.#pace = pace
  }

  /** Infinity at its end. */
  get nextUs(): number {
    if (this.#object !== null) return this.#object.isReady === false ? WAITING_US : this.#nextUs
    const segment = this.track.peek()
    if (this.#isClosed) return Number.POSITIVE_INFINITY
    if (this.#closingUs !== null) return this.#closingUs
    if (segment === null && this.carrier.isBehind) return this.#nextUs
    if (segment === null) return this.track.endedUs === null ? WAITING_US : Math.max(this.#nextUs, this.track.endedUs)
    const dueUs = this.#pace.dueUs(segment)
    const { growing } = segment
    // What comes piece by piece has the pace of its origin.
    return Math.max(this.#nextUs, segment.arrivedUs, growing === null ? dueUs : 0)
  }

  send(context: EmitContext): void {
    const segment = this.track.peek()
    const isClosing = this.#object === null && this.#closingUs !== null
    if (segment === null || isClosing) {
      if (this.carrier.isBehind && !isClosing) this.carrier.renew(context)
      else this.#close(context)
      return
    }
    const object = this.#object ?? this.#begin(segment, context)
    // What broke has no last packet.
    if (!object.done) this.carrier.sender.next(object, context)
    if (object.done || --this.#packetsLeft === 0) {
      this.#object = null
      if (object.done && segment.growing?.state !== 'broken') this.objects++
      this.track.take()
      this.carrier.renew(context)
      return
    }
    if (object.isReady !== undefined) {
      this.#nextUs = context.timeUs + this.#spacingUs(context.pieceMarginPercent ?? null)
      return
    }
    if (context.burst === true) return
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

  /** Time from one packet of a piece to the next, µs. */
  #spacingUs(marginPercent: number | null): number {
    const { bandwidth } = this.track
    const pieceBps =
      marginPercent === null || bandwidth === null
        ? Math.max(PIECE_SPEED * (bandwidth ?? 0), LEAST_PIECE_BPS)
        : (bandwidth * (100 + marginPercent)) / 100
    return Math.ceil((this.carrier.sender.mtu * 8e6) / Math.max(1, pieceBps))
  }

  #begin(segment: LiveSegment, context: EmitContext): OutgoingObject {
    const { durationUs } = segment
    const dueUs = this.#pace.dueUs(segment)
    this.#noteLate(segment.arrivedUs - dueUs, durationUs)
    this.#beginUs = Math.max(context.timeUs, dueUs)
    const leftUs = Math.min(durationUs, dueUs + durationUs - this.#beginUs)
    this.#endUs = this.#beginUs + Math.max(durationUs / 2, leftUs)
    this.#nextUs = this.#beginUs
    this.#object = this.carrier.open(segment, context)
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

  #close(context: EmitContext): void {
    this.#isClosed = true
    this.carrier.close(context)
    this.#pace.ended(context)
  }
}
