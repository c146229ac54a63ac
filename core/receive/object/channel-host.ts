import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { ReceiveObserver } from '../../flow/facts.ts'
import type { BytePool } from './byte-pool.ts'
import type { DoneObject } from './done-object.ts'
import type { ReceiveLimits } from './limits.ts'
import type { ObjectHome, TransportObject } from './transport-object.ts'

/** What a channel asks of its session and receiver. */
export interface ChannelHost {
  readonly destination: string
  readonly limits: ReceiveLimits
  /** What was asked of the order of packets. */
  readonly spec: Pick<ReceiveSpec, 'reorder' | 'detectLoops'>
  readonly reorderUs: number
  readonly pool: BytePool
  readonly observer: ReceiveObserver
  /** Finished objects that all channels together remember; each channel counts its own in it. */
  readonly known: { count: number }
  nextObjectIndex(): number
  /** False where a whole object contradicts its digest: it then counts as corrupt. The host has told so. */
  objectSound(object: TransportObject): boolean
  /** The object is whole; the host releases it when it has been delivered. */
  objectComplete(object: TransportObject, timeUs: number): void
  /** A packet of a new object came and a name is known or not; called once per object, and once more when named late. */
  objectBegun(object: TransportObject): void
  objectGivenUp(object: TransportObject, timeUs: number): void
  /** A finished object began to be sent again (`whole` false), or has been sent again (true). */
  objectRepeated(channel: ObjectHome, done: DoneObject, whole: boolean, timeUs: number): void
  /** Bytes could not be kept: frees what can be freed. @returns false where nothing could */
  relieveMemory(): boolean
  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
  limitReached(rule: string, text: string, channel: ObjectHome, timeUs: number, frame: number): void
  looped(channel: ObjectHome, from: number, to: number, timeUs: number, frame: number): void
}
