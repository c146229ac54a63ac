import type { Toi } from '../../contract/ids.ts'
import type { FecOti } from '../../protocol/fec/oti.ts'
import type { BytePool } from '../object/byte-pool.ts'
import { blockCost, copyCost, type DecodingWork, MOST_DECODING, surveyCost } from './decoding-work.ts'
import {
  type BlockState,
  isMostlyPadding,
  type Solution,
  type SolverInput,
  solve,
  survey,
  totalSymbols,
} from './fec-solver.ts'
import { RepairSymbols } from './repair-symbols.ts'

/** (Super-)objects of one flow remembered; more do not overlap in time. */
export const MAX_SUPER_OBJECTS = 64
/** Wait for overtaken packets after the last source packet, unless the reorder time is shorter. */
export const GRACE_US = 20_000
/** Interval of checks of an incomplete object, for late source packets, and of a settled one, whose TOI may be used again. */
const RECHECK_US = 50_000

/**
 * One FEC object of a repair flow (RFC 9223 §4.2), a super-object where it protects several source objects: its repair
 * symbols, and the state of decoding.
 */
export class SuperObject {
  /** TOI of its repair packets. */
  readonly toi: Toi
  readonly firstTimeUs: number
  lastTimeUs: number
  /** Frame of its first repair packet. */
  readonly frame: number
  /** From EXT_FTI of its packets; overrides that of the S-TSID. */
  oti: FecOti | null = null
  symbols: RepairSymbols
  /** All source objects are whole, or decoding is impossible. Later packets are only counted. */
  settled = false
  /** Obstacle at the last check; null without one. */
  obstacle: string | null = null
  /** Packet count, and time, of the next check. */
  checkPackets = 1
  checkTimeUs = 0
  /** Rows of the source objects at the last check; -1 unknown. */
  readonly sources: number[] = []
  /** Symbols of each block at the last attempt to decode it. */
  readonly #tried = new Map<number, number>()

  constructor(pool: BytePool, toi: Toi, timeUs: number, frame: number) {
    this.toi = toi
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
    this.frame = frame
    this.symbols = new RepairSymbols(pool)
  }

  /** True where the next check may run. */
  isDue(timeUs: number): boolean {
    return this.symbols.packets >= this.checkPackets || timeUs >= this.checkTimeUs
  }

  recheckLater(timeUs: number): void {
    this.checkTimeUs = timeUs + RECHECK_US
  }

  /** Checks by time only, since source packets are still expected. @returns false: they are not over */
  waitForMore(timeUs: number): false {
    this.checkPackets = Number.MAX_SAFE_INTEGER
    this.checkTimeUs = timeUs + GRACE_US / 4
    return false
  }

  /**
   * Decodes the blocks with enough symbols, as far as there is work for them; stores the obstacle of the others.
   * @returns null with nothing to decode now; text where decoding is impossible
   */
  attempt(input: SolverInput, timeUs: number, work: DecodingWork): Solution | string | null {
    const largest = Math.ceil(totalSymbols(input) / input.sourceBlocks)
    if (blockCost({ k: largest }, input.symbolBytes) + copyCost(input) > MOST_DECODING)
      return `a source block of ${largest} symbols of ${input.symbolBytes} bytes`
    if (!work.take(surveyCost(input), timeUs)) return this.#postpone(timeUs)
    const { blocks, missing: lost, short, fault } = survey(input)
    if (fault !== null) return fault
    if (isMostlyPadding(input)) return 'sizes with almost only padding'
    const came = blocks.reduce((sum, { repairs }) => sum + repairs, 0)
    const needed = Math.max(1, short)
    const plural = needed === 1 ? 'is' : 'are'
    this.obstacle = `${lost} of ${totalSymbols(input)} source symbols are lost, ${came} repair symbols arrived, ${needed} more ${plural} needed`
    this.checkPackets = this.symbols.packets + needed
    this.recheckLater(timeUs)
    const ready = blocks.filter(
      ({ sbn, k: size, missing, repairs }) =>
        missing > 0 && repairs >= missing && (this.#tried.get(sbn) ?? -1) < size - missing + repairs,
    )
    const [first] = ready
    if (first === undefined) return null
    const cost = blockCost(first, input.symbolBytes) + copyCost(input)
    if (!work.take(cost, timeUs)) return this.#postpone(timeUs)
    const solution = solve(input, this.#affordable(ready, input.symbolBytes, timeUs, work))
    for (const { sbn, k: size, missing, repairs } of ready) {
      if (solution.failed.includes(sbn)) this.#tried.set(sbn, size - missing + repairs)
    }
    return solution
  }

  /** The first block, whose work is taken, and further ones while there is work. */
  #affordable(ready: readonly BlockState[], symbolBytes: number, timeUs: number, work: DecodingWork): BlockState[] {
    let count = 1
    while (count < ready.length && work.take(blockCost(ready[count] as BlockState, symbolBytes), timeUs)) count++
    return ready.slice(0, count)
  }

  #postpone(timeUs: number): null {
    this.obstacle = 'more repair symbols arrive than are decoded in their time'
    this.checkPackets = Number.MAX_SAFE_INTEGER
    this.recheckLater(timeUs)
    return null
  }

  /**
   * Drops the symbols of an object that ended.
   * @returns bytes freed
   */
  reset(pool: BytePool): number {
    const freed = this.symbols.bytes
    this.symbols.release()
    this.symbols = new RepairSymbols(pool)
    this.settled = false
    this.obstacle = null
    this.checkPackets = 1
    this.sources.length = 0
    this.#tried.clear()
    return freed
  }
}
