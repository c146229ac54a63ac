import { type Hole, isWhole } from '../holes.ts'
import { TS_PACKET_BYTES, TS_SYNC } from './ts-packets.ts'

/** Header of a null packet: PID 0x1FFF, payload only. */
const NULL_HEADER = [TS_SYNC, 0x1f, 0xff, 0x10] as const
/** Packets that must begin with the sync byte to recognise a transport stream. */
const PROBED = 5

/**
 * True where bytes with holes are a transport stream: the received packets begin with the sync byte.
 * @param missing holes in order, disjoint
 */
export function looksLikeTs(bytes: Uint8Array, missing: readonly Hole[]): boolean {
  let seen = 0
  for (let at = 0; at + TS_PACKET_BYTES <= bytes.length && seen < PROBED; at += TS_PACKET_BYTES) {
    if (!isWhole(missing, at, at + 1)) continue
    if (bytes[at] !== TS_SYNC) return false
    seen++
  }
  return seen > 0
}

/**
 * A copy of a transport stream in which every packet with missing bytes is a null packet; continuity counters jump, which
 * players tolerate. Missing bytes of an incomplete packet at the end are 0xFF.
 * @param missing holes in order, disjoint
 * @returns number of null packets too
 */
export function patchTs(bytes: Uint8Array, missing: readonly Hole[]): { bytes: Uint8Array; packets: number } {
  const out = bytes.slice()
  let packets = 0
  let done = 0
  for (const [from, to] of missing) {
    let at = Math.max(done, from - (from % TS_PACKET_BYTES))
    for (; at < Math.min(to, out.length); at += TS_PACKET_BYTES) {
      const end = Math.min(at + TS_PACKET_BYTES, out.length)
      out.fill(0xff, at, end)
      if (end - at === TS_PACKET_BYTES) out.set(NULL_HEADER, at)
      packets++
    }
    done = Math.max(done, at)
  }
  return { bytes: out, packets }
}
