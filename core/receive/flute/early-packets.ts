import type { BytePool } from '../object/byte-pool.ts'

/** Copies of packets of one session that wait for a table. */
const MAX_PACKETS = 4096
const MAX_BYTES = 4 << 20

/** A packet that came before anything told where its symbols belong. */
export type EarlyPacket = {
  readonly toi: number
  readonly bytes: Uint8Array
  readonly timeUs: number
  readonly frame: number
}

/** Packets of one FLUTE session that came before the table that describes them, by TSI, oldest first. */
export class EarlyPackets {
  readonly #pool: BytePool
  readonly #byTsi = new Map<number, EarlyPacket[]>()
  #count = 0
  #bytes = 0

  constructor(pool: BytePool) {
    this.#pool = pool
  }

  /** Keeps a copy of a packet. @returns false where there is no room */
  keep(
    tsi: number,
    toi: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): boolean {
    const size = end - start
    if (this.#count >= MAX_PACKETS || this.#bytes + size > MAX_BYTES || !this.#pool.reserve(size)) return false
    this.#count++
    this.#bytes += size
    let packets = this.#byTsi.get(tsi)
    if (packets === undefined) {
      packets = []
      this.#byTsi.set(tsi, packets)
    }
    packets.push({ toi, bytes: bytes.slice(start, end), timeUs, frame })
    return true
  }

  /** Takes out the packets of a channel that `wanted` is true for. */
  take(tsi: number, wanted: (packet: EarlyPacket) => boolean): EarlyPacket[] {
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

  /** Forgets all. @returns true where there was any */
  clear(): boolean {
    const some = this.#count > 0
    for (const tsi of [...this.#byTsi.keys()]) this.take(tsi, () => true)
    return some
  }
}
