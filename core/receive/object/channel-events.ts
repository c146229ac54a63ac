import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { ReceiveObserver } from '../../flow/facts.ts'
import type { LimitHit } from '../../flow/findings.ts'
import type { BytePool } from './byte-pool.ts'
import type { DoneObject } from './done-object.ts'
import type { ReceiveLimits } from './limits.ts'
import type { TransportObject } from './transport-object.ts'

/** What putting objects together needs of the receiver. */
export interface ObjectContext {
  readonly limits: ReceiveLimits
  /** What was asked of the order of packets. */
  readonly spec: Pick<ReceiveSpec, 'reorder' | 'detectLoops'>
  readonly reorderUs: number
  readonly pool: BytePool
  readonly observer: ReceiveObserver
  /** Finished objects that all channels together remember; each channel counts its own in it. */
  readonly known: { count: number }
  nextObjectIndex(): number
}

/** What a channel reports. Nothing of it comes back into the channel during the call. */
export interface ChannelEvents<Channel> {
  readonly destination: string
  /** A packet of a new object came; called once per object, and once more when it is named late. */
  begun(object: TransportObject): void
  /** The object is whole; it is released when it has been delivered. */
  whole(channel: Channel, object: TransportObject, timeUs: number): void
  /** The object was given up. */
  lost(channel: Channel, object: TransportObject, timeUs: number): void
  /** A finished object began to be sent again (`whole` false), or has been sent again (true). */
  repeated(channel: Channel, done: DoneObject, whole: boolean, timeUs: number): void
  looped(channel: Channel, from: number, to: number, timeUs: number, frame: number): void
  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
  limitReached(hit: LimitHit, channel: Channel, timeUs: number, frame: number): void
  /** False where a whole object contradicts its digest: it then counts as corrupt, which has been reported. */
  isSound(channel: Channel, object: TransportObject): boolean
  /** Frees what memory can be freed. @returns false where there was none */
  makeRoom(): boolean
}
