import { slicesOfBlock } from '../../protocol/fec/raptorq-codec.ts'
import { WorkBudget } from '../object/work-budget.ts'
import { type BlockState, type SolverInput, totalSymbols } from './fec-solver.ts'

// One unit of work is a symbol of a block in one pass of the codec, which takes 10 to 25 µs.

/** Largest cost of one block, and work done at once: half a second on a slow machine. */
export const MOST_DECODING = 24 << 10
/** Work of one turn, after which others have theirs: 50 ms. One block may go beyond. */
const TURN = 4 << 10
/** A third to a half of a processor. */
const PER_SECOND = 24 << 10
/** Work before anything has arrived, and bytes that have to arrive for each further unit: senders have longer symbols. */
const AT_FIRST = 64 << 10
const BYTES_OF_A_UNIT = 128
/** Source objects that are looked at before anything has arrived, and bytes for each further one; a look takes 0.1 to 0.3 µs. */
const LOOKS_AT_FIRST = 64 << 10
const BYTES_OF_A_LOOK = 16
/** Cost of a block beside its symbols. */
const BLOCK = 64
/** A block of this many symbols costs twice as much for each of them. */
const DOUBLE = 32 << 10
/** Symbols that are looked through by one unit, and bytes that are copied. */
const LOOKED = 64
const COPIED = 32 << 10

/** Work of one receiver on repair symbols: bounded by stream time and, as a capture's time is its maker's, by what has arrived. */
export class DecodingWork {
  readonly #arrivedBytes: () => number
  readonly #time = new WorkBudget(MOST_DECODING, PER_SECOND)
  #spent = 0
  #looked = 0
  #turnEnd = TURN

  /** @param arrivedBytes bytes of all datagrams so far */
  constructor(arrivedBytes: () => number) {
    this.#arrivedBytes = arrivedBytes
  }

  /** @returns false with nothing taken where there is no work left for it */
  take(cost: number, timeUs: number): boolean {
    if (this.#spent >= this.#turnEnd) return false
    const left = AT_FIRST + this.#arrivedBytes() / BYTES_OF_A_UNIT - this.#spent
    if (left < cost || !this.#time.take(cost, timeUs)) return false
    this.#spent += cost
    return true
  }

  /**
   * Takes looks at source objects whether something can be decoded now: each packet, each source object and each step of time asks for some.
   * @returns false where as many as have been paid for were taken; later ones find what these would have found
   */
  look(sources: number): boolean {
    if (this.#looked + sources > LOOKS_AT_FIRST + this.#arrivedBytes() / BYTES_OF_A_LOOK) return false
    this.#looked += sources
    return true
  }

  /** Begins a turn. @param final there is no other one, and nobody waits */
  turn(final: boolean): void {
    this.#turnEnd = final ? Number.POSITIVE_INFINITY : this.#spent + TURN
  }
}

/** Cost of counting the symbols of an object's blocks. */
export function surveyCost(input: SolverInput): number {
  return 1 / 16 + Math.ceil(input.repair.bytes / input.symbolBytes) / LOOKED + input.sourceBlocks / LOOKED
}

/** Cost of decoding one block, besides `copyCost`. */
export function blockCost({ k }: Pick<BlockState, 'k'>, symbolBytes: number): number {
  return BLOCK + slicesOfBlock(k, symbolBytes) * k * (1 + k / DOUBLE)
}

/** Cost of putting the (super-)object together before any of its blocks is decoded. */
export function copyCost(input: SolverInput): number {
  return (totalSymbols(input) * input.symbolBytes) / COPIED
}
