import type { Toi, Tsi } from '../../contract/ids.ts'
import type { SourcePacket } from '../lct/source-packet.ts'
import type { BytePool } from '../object/byte-pool.ts'

/** Bound on the stored packets of one session. */
const MAX_PACKETS = 4096
const MAX_BYTES = 4 << 20

/** A packet that arrived before the layout of its object. */
export type EarlyPacket = {
  readonly toi: Toi
  readonly wideToi: string | null
  /** Address of its sender. */
  readonly sender: string
  readonly bytes: Uint8Array
  readonly timeUs: number
  readonly frame: number
}

/** Packets of one FLUTE session that arrived before their file table, by TSI, oldest first. */
export class EarlyPackets {
  readonly #pool: BytePool
  readonly #byTsi = new Map<Tsi, EarlyPacket[]>()
  #count = 0
  #bytes = 0
  /** No packet is older, µs. */
  #sinceUs = Number.POSITIVE_INFINITY

  constructor(pool: BytePool) {
    this.#pool = pool
  }

  /** No packet arrived before this, µs; infinite without any. */
  get sinceUs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#sinceUs
  }

  /** Finds the oldest packet, after some were taken. */
  lookForOldest(): void {
    this.#sinceUs = Number.POSITIVE_INFINITY
    for (const [oldest] of this.#byTsi.values())
      if (oldest !== undefined) this.#sinceUs = Math.min(this.#sinceUs, oldest.timeUs)
  }

  /**
   * Stores a copy of a packet.
   * @returns false without room
   */
  keep(tsi: Tsi, { lct: { toi, wideToi }, sender, bytes, start, end, timeUs, frame }: SourcePacket): boolean {
    const size = end - start
    if (this.#count >= MAX_PACKETS || this.#bytes + size > MAX_BYTES || !this.#pool.reserve(size)) return false
    if (this.#count === 0 || timeUs < this.#sinceUs) this.#sinceUs = timeUs
    this.#count++
    this.#bytes += size
    let packets = this.#byTsi.get(tsi)
    if (packets === undefined) {
      packets = []
      this.#byTsi.set(tsi, packets)
    }
    packets.push({ toi, wideToi, sender, bytes: bytes.slice(start, end), timeUs, frame })
    return true
  }

  /** Arrival of the oldest packet of a channel, µs; infinite without one. */
  oldestUs(tsi: Tsi): number {
    return this.#byTsi.get(tsi)?.[0]?.timeUs ?? Number.POSITIVE_INFINITY
  }

  /** Removes and returns the packets of a channel for which `wanted` is true. */
  take(tsi: Tsi, wanted: (packet: EarlyPacket) => boolean): EarlyPacket[] {
    const packets = this.#byTsi.get(tsi)
    if (packets === undefined) return []
    const taken: EarlyPacket[] = []
    const left: EarlyPacket[] = []
    for (const packet of packets) (wanted(packet) ? taken : left).push(packet)
    if (left.length > 0) this.#byTsi.set(tsi, left)
    else this.#byTsi.delete(tsi)
    for (const { bytes } of taken) {
      this.#count--
      this.#bytes -= bytes.length
      this.#pool.unreserve(bytes.length)
    }
    return taken
  }

  /**
   * Drops all packets.
   * @returns true where there were any
   */
  clear(): boolean {
    const some = this.#count > 0
    for (const tsi of [...this.#byTsi.keys()]) this.take(tsi, () => true)
    return some
  }
}
