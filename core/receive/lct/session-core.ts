import { asToi, type ServiceId, type Tsi } from '../../contract/ids.ts'
import type { CarrierPlace } from '../../flow/carriers.ts'
import type { BadDatagram, Flow } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import { type FindingFacts, findingAt, type LimitHit } from '../../flow/findings.ts'
import type { EventTaker } from '../context/event-queue.ts'
import type { FindingHost } from '../context/finding-host.ts'
import type { ReceiveContext } from '../context/receive-context.ts'
import type { ReceivedService } from '../context/received-service.ts'
import type { ChannelEvents } from '../object/channel-events.ts'
import type { DoneObject } from '../object/done-object.ts'
import { isReplaceable } from '../object/open-objects.ts'
import { PassedOver } from '../object/passed-over.ts'
import { SessionWork } from '../object/reading-work.ts'
import { SIZE_SOURCE, type TransportObject } from '../object/transport-object.ts'
import type { BackVerdict, WayBack } from '../object/way-back.ts'
import type { FoundManifest } from '../signalling/manifest-check.ts'
import { lengthByContent } from './content-length.ts'
import { namesItself } from './file-delivery.ts'
import type { LctChannel } from './lct-channel.ts'
import { type DeliveringSession, ObjectDelivery } from './object-delivery.ts'
import { type Restart, type RestartHost, RestartWatch } from './restart-watch.ts'
import type { SourcePacket } from './source-packet.ts'
import { Takers } from './takers.ts'

/** Consequences of a session's packets and signalling, queued in order. */
export type SessionEvent =
  | {
      readonly kind: 'whole' | 'lost'
      readonly channel: LctChannel
      readonly object: TransportObject
      readonly timeUs: number
    }
  /** Waiting objects may have a name, or a service, now. */
  | { readonly kind: 'named'; readonly timeUs: number }
  /** Quarantine exceeds its bound. */
  | { readonly kind: 'full'; readonly timeUs: number }
  /** The sender of a service's media began again; `sinceUs`: its first packet. */
  | { readonly kind: 'restarted'; readonly serviceId: ServiceId; readonly sinceUs: number; readonly timeUs: number }
  /** The source starts again, or ends. */
  | { readonly kind: 'over' | 'closed'; readonly timeUs: number }

/** Called for a full session without an owner: time to decide on one. */
export type Unclaimed<Session> = (session: Session, timeUs: number) => void

/**
 * Base of ROUTE and FLUTE sessions: one destination, channels by TSI, queued delivery of whole objects, and findings.
 */
export abstract class LctSession
  implements
    ChannelEvents<LctChannel>,
    DeliveringSession,
    FindingHost,
    RestartHost<LctChannel>,
    EventTaker<SessionEvent>
{
  readonly destination: string
  readonly address: Destination
  readonly firstTimeUs: number
  /** Owner of channels that signalling gives to no other service; null until decided. */
  service: ReceivedService | null = null
  /** Takers of its objects. */
  readonly takers = new Takers()
  protected readonly context: ReceiveContext
  protected readonly delivery: ObjectDelivery
  protected readonly restarts: RestartWatch<LctChannel>
  /** Work on its file tables. */
  protected readonly work: SessionWork
  /** Flow of the newest packet. */
  protected flow: Flow | null = null
  /** No channel has anything to end before this. */
  protected dueUs = Number.POSITIVE_INFINITY
  #namedQueued = false
  /** Manifest of its service that came among the files. */
  #among: FoundManifest | null = null
  #refused: CarrierPlace | null = null
  readonly #passed = new PassedOver()
  readonly #passedObjects = { limit: 'objects', passed: this.#passed } as const

  constructor(context: ReceiveContext, address: Destination, destination: string, timeUs: number) {
    this.context = context
    this.address = address
    this.destination = destination
    this.firstTimeUs = timeUs
    this.delivery = new ObjectDelivery(context, this)
    this.restarts = new RestartWatch(this, context.pool)
    this.work = new SessionWork(context.work)
  }

  abstract get channels(): Iterable<LctChannel>
  abstract channel(tsi: Tsi): LctChannel | null
  /** True where signalling names its owner. */
  abstract get claimed(): boolean
  abstract begun(object: TransportObject): void
  abstract isSound(channel: LctChannel, object: TransportObject): boolean
  /** Requests a decision on the session's owner. */
  protected abstract unclaimed(timeUs: number): void

  whole(channel: LctChannel, object: TransportObject, timeUs: number): void {
    // Before delivery, which may free its bytes.
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

  wentBack(channel: LctChannel, way: WayBack, packet: SourcePacket | null, timeUs: number, frame: number): BackVerdict {
    return this.restarts.judge(channel, way, packet, timeUs, frame)
  }

  hold(channel: LctChannel, way: WayBack, packet: SourcePacket): boolean {
    return this.restarts.hold(channel, way, packet)
  }

  wentOn(): void {
    this.restarts.wentOn()
  }

  restarted(channel: LctChannel, restart: Restart, sinceUs: number, frame: number): void {
    const carrier = { kind: 'lct', tsi: channel.tsi, toi: asToi(restart.to) } as const
    this.found({ kind: 'sessionRestarted', channel: channel.index, ...restart }, carrier, sinceUs, frame)
    const { serviceId } = channel
    if (serviceId !== null && this.context.beganAgain(serviceId, this.destination, restart.follows, sinceUs))
      this.#queue({ kind: 'restarted', serviceId, sinceUs, timeUs: sinceUs })
  }

  full(timeUs: number): void {
    if (this.service === null && !this.claimed) this.unclaimed(timeUs)
    this.#queue({ kind: 'full', timeUs })
  }

  /** Names or owners changed: checks the waiting objects again. */
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
      // Where an owner was found meanwhile, what waits has its names: it is not too much.
      if (this.#namedQueued) this.delivery.drain(timeUs)
      this.delivery.trim(timeUs)
    } else if (kind === 'restarted') {
      this.context.sink.restarted?.(event.serviceId, event.sinceUs)
    } else if (kind === 'over') {
      this.over(timeUs)
    } else {
      this.delivery.drain(timeUs)
      this.delivery.deliverWaiting()
      this.closed(timeUs)
    }
  }

  /** Delivers a whole object from the queue. */
  protected deliver(channel: LctChannel, object: TransportObject, timeUs: number): void {
    this.delivery.complete(channel, object, timeUs)
  }

  /** Reports a lost object from the queue. */
  protected lose(channel: LctChannel, object: TransportObject, _timeUs: number): void {
    this.delivery.lost(channel, object)
  }

  /** The source starts again, after the events before it. */
  protected over(_timeUs: number): void {}

  /** The source ended, after the events before it. */
  protected abstract closed(timeUs: number): void

  dueBy(timeUs: number): void {
    if (timeUs < this.dueUs) this.dueUs = timeUs
  }

  makeRoom(): boolean {
    let freed = false
    for (const channel of this.channels) if (channel.evictKept()) freed = true
    if (this.delivery.deliverWaiting()) freed = true
    return freed
  }

  twoSenders(channel: LctChannel, first: string, second: string, timeUs: number, frame: number): void {
    this.found({ kind: 'twoSenders', first, second }, channel.carrier, timeUs, frame)
  }

  changed(_channel: LctChannel, object: TransportObject, timeUs: number, frame: number): void {
    this.found({ kind: 'objectChanged', name: object.name }, object.carrier, timeUs, frame, object.index)
  }

  redeclared(_channel: LctChannel, object: TransportObject, before: number, timeUs: number, frame: number): void {
    const facts = { kind: 'lengthRedeclared', name: object.name, before, after: object.length } as const
    this.found(facts, object.carrier, timeUs, frame, object.index)
  }

  /** Tells of a length in the headers of a file that is not the one in its table: one of the two cuts it, or makes it lack bytes. */
  ending(channel: LctChannel, object: TransportObject, timeUs: number): void {
    // All came that was promised first.
    if (object.redeclared >= 0 && object.ranges.prefix >= object.redeclared) object.sendersFault = true
    if (object.sizeSource !== SIZE_SOURCE.extension || object.redeclared >= 0 || isReplaceable(object)) return
    const listed = channel.names.transferLength(object.toi)
    if (listed < 0 || listed === object.length || namesItself(channel, object)) return
    object.redeclared = listed
    // All that its table promises came.
    if (object.ranges.prefix >= listed) object.sendersFault = true
    this.redeclared(channel, object, listed, timeUs, object.frame)
  }

  /** A service whose signalling names no manifest is played from one among its files: the first, a whole presentation before one track. */
  manifestAmongFiles(manifest: FoundManifest, serviceId: ServiceId): void {
    const { service } = this
    if (service === null || service.id !== serviceId || service.protocol === 'mmtp') return
    const isBetter = service.manifest === null || (this.#among?.isPart === true && !manifest.isPart)
    if (!isBetter || (service.manifest !== null && service.manifest !== this.#among)) return
    this.#among = manifest
    service.manifest = manifest
    this.context.observer.serviceChanged(service)
  }

  lengthByContent(channel: LctChannel, object: TransportObject, over: boolean): number | null {
    return lengthByContent(this.context, channel, object, over)
  }

  badPacket(bad: BadDatagram): void {
    if (this.flow !== null) this.context.observer.malformed(bad, this.flow)
  }

  sessionClosed(channel: LctChannel, timeUs: number, frame: number): void {
    this.found({ kind: 'sessionClosed', complete: this.describesNoMore(channel) }, channel.carrier, timeUs, frame)
  }

  /** True where a table of the channel said that it describes no further files. */
  protected describesNoMore(_channel: LctChannel): boolean {
    return false
  }

  limitReached(
    hit: LimitHit,
    channel: LctChannel,
    timeUs: number,
    frame: number,
    carrier: CarrierPlace = channel.carrier,
  ): void {
    const service = channel.serviceId ?? this.service?.id ?? null
    // In one literal: a storm reaches a limit with each packet.
    const { destination } = this
    this.context.found({ kind: 'limit', hit, service, carrier, object: null, destination, timeUs, frame })
  }

  passedOver(channel: LctChannel, timeUs: number, frame: number): void {
    this.#passed.arrived(timeUs)
    this.#passed.count++
    this.limitReached(this.#passedObjects, channel, timeUs, frame)
  }

  /** A packet of one channel too many. The first one's carrier stands for all. */
  protected tooManyChannels(tsi: Tsi, most: number, timeUs: number, frame: number): void {
    this.#refused ??= { kind: 'lct', tsi }
    this.found({ kind: 'limit', hit: { limit: 'channels', most } }, this.#refused, timeUs, frame)
  }

  /** The receiver left: open objects are cut off. */
  left(timeUs: number): void {
    for (const channel of this.channels) channel.left(timeUs)
  }

  /** The source starts again from its beginning. */
  loop(timeUs: number): void {
    this.restarts.close()
    for (const channel of this.channels) channel.loop(timeUs)
    this.#queue({ kind: 'over', timeUs })
  }

  /** No more packets: ends open objects, and delivers waiting ones under invented names. */
  close(timeUs: number): void {
    this.restarts.close()
    for (const channel of this.channels) channel.close(timeUs)
    this.#queue({ kind: 'closed', timeUs })
  }

  found(
    facts: FindingFacts,
    carrier: CarrierPlace | null,
    timeUs: number,
    frame: number,
    object: number | null = null,
  ): void {
    const channel = carrier?.kind === 'lct' ? this.channel(carrier.tsi) : null
    const service = channel?.serviceId ?? this.service?.id ?? null
    const { destination } = this
    this.context.found(findingAt(facts, { service, carrier, object, destination, timeUs, frame }))
  }
}
