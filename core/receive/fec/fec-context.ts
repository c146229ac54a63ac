import type { FecFacts } from '../../flow/facts.ts'
import type { FindingHost } from '../context/finding-host.ts'
import type { BytePool } from '../object/byte-pool.ts'
import type { DoneObject } from '../object/done-object.ts'
import type { ObjectHome, TransportObject } from '../object/transport-object.ts'
import type { SuperObject } from './super-object.ts'

/** Protects the objects of channels. */
export interface RepairSink {
  /** A source object that it protects is whole; its bytes are still there. */
  sourceComplete(object: TransportObject): void
  /** Why an object was not healed; null where it is not protected. */
  explain(lost: TransportObject): string | null
}

/** See `FecFacts`. */
export class FecCounts implements FecFacts {
  repairBytes = 0
  protects: readonly number[] = []
  recoveredSymbols = 0
  decodeUs = 0
  healed = 0
  recovered = 0
}

/** An LCT channel as repair flows know it: as the one that carries them, and as the one they protect. */
export interface FecChannel extends ObjectHome {
  /** Flows that protect its objects. */
  protectedBy: readonly RepairSink[]
  /** An object that lacks bytes is not given up before this time after its last packet, µs. */
  repairWaitUs: number
  readonly fec: FecCounts
  openObject(toi: number): TransportObject | null
  doneObject(toi: number): DoneObject | undefined
  /**
   * Puts decoded bytes into the holes of an object.
   * @param object null: nothing of it came, it begins with these
   * @param length of the object, -1 unknown
   * @param bytes the object from its beginning; only `ranges` of it are right
   */
  restore(
    object: TransportObject | null,
    toi: number,
    length: number,
    bytes: Uint8Array,
    ranges: readonly (readonly [number, number])[],
    timeUs: number,
    frame: number,
  ): void
}

/** Keeps repair symbols for objects that may need them. */
export interface RepairKeeper extends RepairSink {
  /** The oldest object that holds symbols. */
  readonly oldest: SuperObject | null
  drop(object: SuperObject): void
  /** Lets go of a whole source object kept for others. @returns false where there is none */
  evictKept(): boolean
  /** Repair symbols of all flows fill the memory allowed, bytes. */
  limitReached(most: number, timeUs: number): void
  /** Tries what waits, and drops what no packet can come for any more. @param final all that can come has come */
  tick(timeUs: number, final: boolean): void
  /** Forgets everything: the source starts over, or is over. */
  clear(): void
}

/** A ROUTE session as its repair flows know it. */
export interface FecSession extends FindingHost {
  readonly destination: string
  channel(tsi: number): FecChannel | null
  badPacket(code: string, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

/** What all repair flows of a receiver share: memory, time, and the sessions they may reach into. */
export interface FecContext {
  readonly pool: BytePool
  readonly reorderUs: number
  /** Repair symbols are kept so long after the last one, µs: until after the object they are for is given up. */
  readonly keepUs: number
  /** Largest (super-)object that is decoded. */
  readonly maxDecodedBytes: number
  /** For measuring: µs from any beginning, 0 where there is no clock. */
  elapsedUs(): number
  sessionAt(address: string, port: number): FecSession | null
  /** So many bytes of repair symbols more are kept. */
  grew(object: SuperObject, bytes: number, timeUs: number): void
  shrank(bytes: number): void
  /** So many bytes of whole source objects more are kept; fewer where negative. */
  kept(bytes: number): void
  /** Frees symbols of older objects than this one. @returns false where there were none */
  makeRoom(besides: SuperObject, timeUs: number): boolean
}
