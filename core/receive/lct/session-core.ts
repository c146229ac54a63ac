import type { Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import type { FindingFacts, LimitHit } from '../../flow/findings.ts'
import type { EventTaker } from '../context/event-queue.ts'
import type { FindingHost } from '../context/finding-host.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import type { ChannelEvents } from '../object/channel-events.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { LctChannel } from './lct-channel.ts'
import { type DeliveringSession, ObjectDelivery } from './object-delivery.ts'
import { Takers } from './takers.ts'

/** What follows in a session from its packets and its signalling, each when its turn has come. */
export type SessionEvent =
  | {
      readonly kind: 'whole' | 'lost'
      readonly channel: LctChannel
      readonly object: TransportObject
      readonly timeUs: number
    }
  /** What waits may have a name, or a service, now. */
  | { readonly kind: 'named'; readonly timeUs: number }
  /** More waits than is allowed. */
  | { readonly kind: 'full'; readonly timeUs: number }
  /** The source starts over; or nothing more comes. */
  | { readonly kind: 'over' | 'closed'; readonly timeUs: number }

/** Told that a session is full of objects and nobody's: time to decide whose it is. */
export type Unclaimed<Session> = (session: Session, timeUs: number) => void

/**
 * What ROUTE and FLUTE sessions have in common: one destination, channels by TSI, whole objects that are delivered when their
 * turn has come, and what is found in them.
 */
export abstract class LctSession
  implements ChannelEvents<LctChannel>, DeliveringSession, FindingHost, EventTaker<SessionEvent>
{
  readonly destination: string
  readonly address: Destination
  readonly firstTimeUs: number
  /** Service of what no signalling gives to another one; null until decided. */
  service: ReceivedService | null = null
  /** Who waits for its objects. */
  readonly takers = new Takers()
  protected readonly context: ReceiveContext
  protected readonly delivery: ObjectDelivery
  /** Flow of the newest packet. */
  protected flow: Flow | null = null
  #namedQueued = false

  constructor(context: ReceiveContext, address: Destination, destination: string, timeUs: number) {
    this.context = context
    this.address = address
    this.destination = destination
    this.firstTimeUs = timeUs
    this.delivery = new ObjectDelivery(context, this)
  }

  abstract get channels(): Iterable<LctChannel>
  abstract channel(tsi: number): LctChannel | null
  /** True where signalling says whose it is. */
  abstract get claimed(): boolean
  abstract begun(object: TransportObject): void
  abstract isSound(channel: LctChannel, object: TransportObject): boolean
  abstract looped(channel: LctChannel, from: number, to: number, timeUs: number, frame: number): void
  /** Asks for a decision whose the session is. */
  protected abstract unclaimed(timeUs: number): void

  whole(channel: LctChannel, object: TransportObject, timeUs: number): void {
    // Before it is delivered, which may free its bytes.
    for (const flow of channel.protectedBy) flow.sourceComplete(object)
    this.#queue({ kind: 'whole', channel, object, timeUs })
  }

  lost(channel: LctChannel, object: TransportObject, timeUs: number): void {
    object.keep()
    this.#queue({ kind: 'lost', channel, object, timeUs })
  }

  repeated(channel: LctChannel, done: DoneObject, whole: boolean, timeUs: number): void {
    this.delivery.repeated(channel, done, whole, timeUs)
  }

  full(timeUs: number): void {
    if (this.service === null && !this.claimed) this.unclaimed(timeUs)
    this.#queue({ kind: 'full', timeUs })
  }

  /** Names or owners have changed: what waits is looked at again. */
  protected named(timeUs: number): void {
    if (this.#namedQueued) return
    this.#namedQueued = true
    this.#queue({ kind: 'named', timeUs })
  }

  #queue(event: SessionEvent): void {
    this.context.events.push(this, event)
  }

  follow(event: SessionEvent): void {
    const { kind, timeUs } = event
    if (kind === 'whole') {
      this.deliver(event.channel, event.object, timeUs)
    } else if (kind === 'lost') {
      this.lose(event.channel, event.object, timeUs)
      event.object.releaseKept()
    } else if (kind === 'named') {
      this.#namedQueued = false
      this.delivery.drain(timeUs)
    } else if (kind === 'full') {
      this.delivery.drain(timeUs)
      this.delivery.trim(timeUs)
    } else if (kind === 'over') {
      this.over(timeUs)
    } else {
      this.delivery.drain(timeUs)
      this.delivery.deliverWaiting()
      this.closed(timeUs)
    }
  }

  /** A whole object's turn has come. */
  protected deliver(channel: LctChannel, object: TransportObject, timeUs: number): void {
    this.delivery.complete(channel, object, timeUs)
  }

  /** A lost object's turn has come. */
  protected lose(channel: LctChannel, object: TransportObject, timeUs: number): void {
    this.delivery.lost(channel, object, timeUs)
  }

  /** The source starts over, and what it was before has been dealt with. */
  protected over(_timeUs: number): void {}

  /** Nothing more comes, and what came has been dealt with. */
  protected abstract closed(timeUs: number): void

  makeRoom(): boolean {
    let freed = false
    for (const channel of this.channels) if (channel.evictKept()) freed = true
    if (this.delivery.deliverWaiting()) freed = true
    return freed
  }

  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (this.flow !== null) this.context.observer.malformed(code, this.flow, bytes, start, end, timeUs, frame)
  }

  limitReached(hit: LimitHit, channel: LctChannel, timeUs: number, frame: number): void {
    this.found({ kind: 'limit', hit }, channel.tsi, null, timeUs, frame)
  }

  /** Nothing more comes, since we left; what is under way is cut off. */
  left(timeUs: number): void {
    for (const channel of this.channels) channel.left(timeUs)
  }

  /** The source starts again from its beginning. */
  loop(timeUs: number): void {
    for (const channel of this.channels) channel.loop(timeUs)
    this.#queue({ kind: 'over', timeUs })
  }

  /** No more packets: ends what is open, and hands on what waits under invented names. */
  close(timeUs: number): void {
    for (const channel of this.channels) channel.close(timeUs)
    this.#queue({ kind: 'closed', timeUs })
  }

  found(
    facts: FindingFacts,
    tsi: number | null,
    toi: number | null,
    timeUs: number,
    frame: number,
    object: number | null = null,
  ): void {
    const service = (tsi === null ? null : this.channel(tsi)?.serviceId) ?? this.service?.id ?? null
    const { destination } = this
    this.context.found({ ...facts, service, tsi, toi, object, destination, timeUs, frame })
  }
}
