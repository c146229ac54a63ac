import type { FecOti } from '../protocol/fec/oti.ts'
import type { BytePool } from './byte-pool.ts'
import { RepairSymbols } from './repair-symbols.ts'

/**
 * One FEC object of a repair flow (RFC 9223 §4.2), a super-object where it protects several source objects: its repair symbols,
 * and what came of decoding it.
 */
export class SuperObject {
  /** TOI of its repair packets. */
  readonly toi: number
  readonly firstTimeUs: number
  lastTimeUs: number
  /** Frame of its first repair packet. */
  readonly frame: number
  /** From EXT_FTI of its packets; goes before that of the S-TSID. */
  oti: FecOti | null = null
  symbols: RepairSymbols
  /** Nothing is left to do: all source objects are whole, or it cannot be decoded. Later packets are only counted. */
  settled = false
  /** What stood in the way when it was last looked at; null while nothing did. */
  obstacle: string | null = null
  /** It is looked at again when so many packets have come, or at this time. */
  checkPackets = 1
  checkTimeUs = 0
  /** Rows of the source objects it was last seen with; -1 unknown. */
  readonly sources: number[] = []
  /** Symbols of each block that decoding was tried with. */
  readonly tried = new Map<number, number>()

  constructor(pool: BytePool, toi: number, timeUs: number, frame: number) {
    this.toi = toi
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.frame = frame
    this.symbols = new RepairSymbols(pool)
  }

  /** Forgets the symbols: they belong to an object that is gone. @returns bytes freed */
  reset(pool: BytePool): number {
    const freed = this.symbols.bytes
    this.symbols.release()
    this.symbols = new RepairSymbols(pool)
    this.settled = false
    this.obstacle = null
    this.checkPackets = 1
    this.sources.length = 0
    this.tried.clear()
    return freed
  }
}
