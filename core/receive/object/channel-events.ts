import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { CarrierPlace } from '../../flow/carriers.ts'
import type { BadDatagram } from '../../flow/datagrams.ts'
import type { ReceiveObserver } from '../../flow/facts.ts'
import type { LimitHit } from '../../flow/findings.ts'
import type { SourcePacket } from '../lct/source-packet.ts'
import type { Beginnings } from './beginnings.ts'
import type { BytePool } from './byte-pool.ts'
import type { DoneObject } from './done-object.ts'
import type { ReceiveLimits } from './limits.ts'
import type { OpenOrder } from './open-order.ts'
import type { TransportObject } from './transport-object.ts'
import type { BackVerdict, WayBack } from './way-back.ts'

/** Shared by the objects of a receiver. */
export interface ObjectContext {
  readonly limits: ReceiveLimits
  /** Options on the order of packets. */
  readonly spec: Pick<ReceiveSpec, 'reorder' | 'detectLoops'>
  readonly reorderUs: number
  readonly pool: BytePool
  readonly observer: ReceiveObserver
  /** Finished objects remembered by all channels; each channel counts its own in it. */
  readonly known: { count: number }
  /** Open objects of all channels. */
  readonly openOrder: OpenOrder
  readonly beginnings: Beginnings
  nextObjectIndex(): number
}

/** Reports of a channel. None of them calls back into the channel. */
export interface ChannelEvents<Channel> {
  readonly destination: string
  /** The first packet of a new object arrived; called again for a late name. */
  begun(object: TransportObject): void
  /** The object is whole; delivery releases it. */
  whole(channel: Channel, object: TransportObject, timeUs: number): void
  /** The object ended incomplete. */
  lost(channel: Channel, object: TransportObject, timeUs: number): void
  /** A finished object began to arrive again (`whole` false), or has arrived again (true). */
  repeated(channel: Channel, done: DoneObject, whole: boolean, timeUs: number): void
  /**
   * A packet goes back to an earlier media object. Where it is of another transmission, `startOver` of the channel has been called.
   * @param packet that may be kept until that is known; null where it may not
   */
  wentBack(channel: Channel, way: WayBack, packet: SourcePacket | null, timeUs: number, frame: number): BackVerdict
  /** Keeps one more packet of a channel that is held. @returns false where it is to be taken */
  hold(channel: Channel, way: WayBack, packet: SourcePacket): boolean
  /** A channel that went back goes on from where it was. */
  wentOn(): void
  /** Another sender sends other bytes under the same TSI; told once. */
  twoSenders(channel: Channel, first: string, second: string, timeUs: number, frame: number): void
  /** A sent-once object's bytes contradict those already there: another transmission begins. */
  changed(channel: Channel, object: TransportObject, timeUs: number, frame: number): void
  badPacket(bad: BadDatagram): void
  /** Objects begin too often: a packet is only counted. */
  passedOver(channel: Channel, timeUs: number, frame: number): void
  /** The sender ends its session: a packet has the A flag. */
  sessionClosed(channel: Channel, timeUs: number, frame: number): void
  /** @param carrier the object that reached it; default: the channel */
  limitReached(hit: LimitHit, channel: Channel, timeUs: number, frame: number, carrier?: CarrierPlace): void
  /** Another length is declared for an object than before; told once for each. */
  redeclared(channel: Channel, object: TransportObject, before: number, timeUs: number, frame: number): void
  /**
   * Length of an object whose length nobody told, by its content; null where that does not tell.
   * @param over its transmission has ended
   */
  lengthByContent(channel: Channel, object: TransportObject, over: boolean): number | null
  /** An object is about to end, whole or not. */
  ending(channel: Channel, object: TransportObject, timeUs: number): void
  /** False where a whole object contradicts its digest: it counts as corrupt, and a finding was reported. */
  isSound(channel: Channel, object: TransportObject): boolean
  /**
   * Frees what memory it can.
   * @returns false where there was none
   */
  makeRoom(): boolean
  /** Something of a channel is to be ended at this time, or soon after it: no channel's `tick` is needed before. */
  dueBy(timeUs: number): void
}
