import type { BytePool } from '../object/byte-pool.ts'
import { ObjectBytes } from '../object/object-bytes.ts'

/**
 * Bound on the symbols of one FEC object: a block has 56 403 source symbols, and no sender protects it many times over.
 */
const MAX_SYMBOLS = 1 << 18
const SBN_STEP = 0x100_0000
/** Symbols of a block beyond K that are of use: each makes a failure 256 times less likely. */
const SPARE_SYMBOLS = 16

/**
 * The repair symbols of one FEC (super-)object, in order of arrival. Packets are stored unread until the symbol size is
 * known; one packet may have several symbols with consecutive ids.
 */
export class RepairSymbols {
  /** By SBN, of each stored packet: first ESI, place and length of its symbols. */
  readonly #packets = new Map<number, number[]>()
  /** SBN and ESI of first symbols, to drop duplicates. */
  readonly #seen = new Set<number>()
  readonly #bytes: ObjectBytes
  /** Stored bytes. */
  bytes = 0

  constructor(pool: BytePool) {
    this.#bytes = new ObjectBytes(pool)
  }

  get packets(): number {
    return this.#seen.size
  }

  /** Blocks (SBN) with packets. */
  get blocks(): Iterable<number> {
    return this.#packets.keys()
  }

  /**
   * Stores a copy of one packet's symbols.
   * @returns number of new bytes; -1 without room
   */
  add(sbn: number, esi: number, bytes: Uint8Array, from: number, to: number): number {
    const id = sbn * SBN_STEP + esi
    if (from >= to || this.#seen.has(id)) return 0
    if (this.#seen.size >= MAX_SYMBOLS || !this.#bytes.write(this.bytes, bytes, from, to, -1)) return -1
    this.#seen.add(id)
    const block = this.#packets.get(sbn)
    if (block === undefined) this.#packets.set(sbn, [esi, this.bytes, to - from])
    else block.push(esi, this.bytes, to - from)
    this.bytes += to - from
    return to - from
  }

  /**
   * Visits the symbols of block `sbn`, each id once, without incomplete symbols and source symbols; a few more than the
   * block has source symbols at the most.
   * @param k source symbols of the block
   * @param visit gets each ESI with the symbol's place for `view`
   */
  each(sbn: number, k: number, symbolBytes: number, visit: (esi: number, at: number) => void): void {
    const packets = this.#packets.get(sbn)
    if (packets === undefined) return
    const ids = new Set<number>()
    const most = k + SPARE_SYMBOLS
    for (let i = 0; i < packets.length; i += 3) {
      const first = packets[i] as number
      const at = packets[i + 1] as number
      const count = Math.floor((packets[i + 2] as number) / symbolBytes)
      for (let symbol = 0; symbol < count; symbol++) {
        const esi = first + symbol
        if (esi < k || ids.has(esi) || esi >= SBN_STEP) continue
        ids.add(esi)
        visit(esi, at + symbol * symbolBytes)
        if (ids.size >= most) return
      }
    }
  }

  view(at: number, size: number): Uint8Array {
    return this.#bytes.view(at, at + size)
  }

  release(): void {
    this.#bytes.release()
  }
}
