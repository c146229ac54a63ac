import { u32At } from '../bytes/ints.ts'
import type { PacketSplitter } from '../protocol/ip/ip-reader.ts'
import { LCT_FAULT, LctPacket } from '../protocol/lct/lct-packet.ts'

/** Largest payload of an Ethernet frame: larger ones may be several, merged by network card or kernel (GRO, GSO). */
const MAX_PLAIN = 1472
const MIN_CHUNK = 64
/** Limit of objects in one merged packet. */
const MAX_OBJECTS = 16
const MAX_TSIS = 64
/** Large packets that cannot be split after which a flow counts as one of large packets. */
const MAX_FAILURES = 32

/**
 * Splits merged datagrams, as a capture on the sending or forwarding host shows them. The size of the pieces is not recorded, so
 * one is used at which every piece begins with a valid ROUTE header that follows from those before it.
 */
export class SuperPackets implements PacketSplitter {
  readonly #packet = new LctPacket()
  /** By flow id: large packets that could not be split; negative once one could. */
  readonly #failures: number[] = []
  /** TSIs at the beginning of large packets, by flow id: media data that looks like a header has others. */
  readonly #tsis = new Map<number, Set<number>>()
  readonly #tsi = new Float64Array(MAX_OBJECTS)
  readonly #toi = new Float64Array(MAX_OBJECTS)
  readonly #next = new Float64Array(MAX_OBJECTS)

  readonly above = MAX_PLAIN

  pieceBytes(flowId: number, bytes: Uint8Array, start: number, end: number): number {
    const failures = this.#failures[flowId] ?? 0
    if (failures >= MAX_FAILURES || !this.#isRoute(bytes, start, end)) return 0
    let tsis = this.#tsis.get(flowId)
    if (tsis === undefined) {
      tsis = new Set()
      this.#tsis.set(flowId, tsis)
    }
    if (tsis.size < MAX_TSIS) tsis.add(this.#packet.tsi)
    for (let size = MAX_PLAIN; size >= MIN_CHUNK; size--) {
      if (!this.#fits(bytes, start, end, size, tsis)) continue
      this.#failures[flowId] = -1
      return size
    }
    if (failures >= 0) this.#failures[flowId] = failures + 1
    return 0
  }

  #isRoute(bytes: Uint8Array, start: number, end: number): boolean {
    const packet = this.#packet
    return (
      packet.read(bytes, start, end) === LCT_FAULT.none &&
      packet.extensionFault === 0 &&
      (packet.psi & 2) !== 0 &&
      packet.headerBytes + 4 <= end - start
    )
  }

  #fits(bytes: Uint8Array, start: number, end: number, size: number, tsis: ReadonlySet<number>): boolean {
    const packet = this.#packet
    let objects = 0
    for (let at = start; at < end; at += size) {
      const stop = Math.min(end, at + size)
      if (!this.#isRoute(bytes, at, stop) || !tsis.has(packet.tsi)) return false
      const offset = u32At(bytes, at + packet.headerBytes)
      const next = offset + stop - at - packet.headerBytes - 4
      let known = 0
      while (known < objects && (this.#tsi[known] !== packet.tsi || this.#toi[known] !== packet.toi)) known++
      if (known < objects && offset !== 0 && offset !== this.#next[known]) return false
      if (known === MAX_OBJECTS) return false
      this.#tsi[known] = packet.tsi
      this.#toi[known] = packet.toi
      this.#next[known] = next
      if (known === objects) objects++
    }
    return true
  }
}
