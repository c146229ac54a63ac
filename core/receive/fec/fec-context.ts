import type { Toi, Tsi } from '../../contract/ids.ts'
import type { ChannelCarrier } from '../../flow/carriers.ts'
import type { BadDatagram } from '../../flow/datagrams.ts'
import type { FecFacts } from '../../flow/facts.ts'
import type { FindingHost } from '../context/finding-host.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { DecodedObject } from '../object/open-objects.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import type { DecodingWork } from './decoding-work.ts'
import type { SuperObject } from './super-object.ts'

/** A repair flow, from the view of the objects it protects. */
export interface RepairSink {
  /** A source object it protects is whole; its bytes are still available. */
  sourceComplete(object: TransportObject): void
  /** Why an object was not recovered; null where it is not protected. */
  explain(lost: TransportObject): string | null
}

/** Counts of a channel's repair flow; see `FecFacts`. */
export class FecCounts implements FecFacts {
  repairBytes = 0
  protects: readonly number[] = []
  recoveredSymbols = 0
  decodeUs = 0
  healed = 0
  recovered = 0
}

/** An LCT channel from the view of repair flows: as their carrier, and as the channel they protect. */
export interface FecChannel extends ObjectHome {
  readonly carrier: ChannelCarrier
  /** Flows that protect its objects. */
  protectedBy: readonly RepairSink[]
  /** An incomplete object ends no earlier than this after its last packet, µs. */
  repairWaitUs: number
  readonly fec: FecCounts
  openObject(key: number): TransportObject | null
  doneObject(key: number): DoneObject | undefined
  /**
   * Puts decoded bytes into the holes of an object.
   * @param object null: none of its packets arrived, and it begins with these bytes
   */
  restore(object: TransportObject | null, toi: Toi, decoded: DecodedObject, timeUs: number, frame: number): void
}

/** Stores repair symbols of objects that may need them. */
export interface RepairKeeper extends RepairSink {
  /** The oldest object with stored symbols. */
  readonly oldest: SuperObject | null
  drop(object: SuperObject): void
  /**
   * Drops a whole source object kept for others.
   * @returns false where there is none
   */
  evictKept(): boolean
  /** Repair symbols of all flows have reached the memory bound of `most` bytes. */
  limitReached(most: number, timeUs: number): void
  /**
   * Tries to decode waiting objects, and drops those without further packets.
   * @param final no more packets will arrive
   */
  tick(timeUs: number, final: boolean): void
  /** Drops everything: the source starts again, or ends. */
  clear(): void
}

/** A ROUTE session from the view of its repair flows. */
export interface FecSession extends FindingHost {
  readonly destination: string
  channel(tsi: Tsi): FecChannel | null
  badPacket(bad: BadDatagram): void
}

/** Shared by all repair flows of a receiver: memory, time, and the sessions they protect. */
export interface FecContext {
  readonly pool: BytePool
  readonly reorderUs: number
  /** Repair symbols are kept this long after the last one, µs: longer than the objects they protect. */
  readonly keepUs: number
  /** Largest (super-)object decoded. */
  readonly maxDecodedBytes: number
  /** Work of decoding. */
  readonly decoding: DecodingWork
  /** µs from any beginning, for measuring; 0 without a clock. */
  elapsedUs(): number
  sessionAt(address: string, port: number): FecSession | null
  /** One more (super-)object has repair symbols, or one fewer. */
  begun(): void
  dropped(): void
  /** Reports `bytes` more of stored repair symbols. */
  grew(object: SuperObject, bytes: number, timeUs: number): void
  shrank(bytes: number): void
  /** Reports `bytes` more of kept source objects; fewer where negative. */
  kept(bytes: number): void
  /**
   * Frees symbols of objects older than this one.
   * @returns false where there were none
   */
  makeRoom(besides: SuperObject, timeUs: number): boolean
}
