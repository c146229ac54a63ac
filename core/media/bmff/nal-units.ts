import { u32At } from '../../bytes/ints.ts'
import { type Hole, isWhole } from '../holes.ts'

/** Video whose samples are NAL units behind 32-bit lengths (ISO/IEC 14496-15 §4.3): H.264, or H.265 and H.266. */
export type NalKind = 'avc' | 'hevc'

const LENGTH_BYTES = 4

/** The kind of a whole sample; null where it is no chain of NAL units. */
export function nalKind(bytes: Uint8Array, offset: number, size: number): NalKind | null {
  const end = offset + size
  let hevc = true
  let avc = true
  let at = offset
  while (at < end) {
    const length = at + LENGTH_BYTES <= end ? u32At(bytes, at) : 0
    if (length < 2 || at + LENGTH_BYTES + length > end) return null
    const first = bytes[at + LENGTH_BYTES] as number
    const second = bytes[at + LENGTH_BYTES + 1] as number
    // The header of H.265 has two bytes, of which the second is a temporal id in the base layer.
    hevc &&= (first & 0x81) === 0 && (second & 0xf8) === 0 && second !== 0
    avc &&= (first & 0x80) === 0 && (first & 0x1f) > 0 && (first & 0x1f) < 24
    at += LENGTH_BYTES + length
  }
  return size === 0 ? null : hevc ? 'hevc' : avc ? 'avc' : null
}

/** True where a whole sample of H.265 can be decoded without others (IRAP, nal_unit_type 16 to 23). */
export function isHevcSync(bytes: Uint8Array, offset: number, size: number): boolean {
  for (let at = offset; at + LENGTH_BYTES < offset + size; at += LENGTH_BYTES + u32At(bytes, at)) {
    const type = ((bytes[at + LENGTH_BYTES] as number) >> 1) & 63
    if (type < 32) return type >= 16 && type <= 23
  }
  return false
}

/**
 * What a decoder can use of a damaged sample of H.264: its whole NAL units. A cut slice is no use: newer decoders end at it.
 * @returns ranges of NAL units without their lengths, in order; empty where no part of the picture is left
 */
export function usableNals(
  bytes: Uint8Array,
  holes: readonly Hole[],
  offset: number,
  size: number,
): (readonly [number, number])[] {
  const usable: (readonly [number, number])[] = []
  let picture = false
  const end = offset + size
  let at = offset
  while (at + LENGTH_BYTES < end && isWhole(holes, at, at + LENGTH_BYTES)) {
    const from = at + LENGTH_BYTES
    const to = from + u32At(bytes, at)
    if (to > end || to === from) break
    if (isWhole(holes, from, to)) {
      usable.push([from, to])
      picture ||= isSlice(bytes[from] as number)
    }
    at = to
  }
  return picture ? usable : []
}

/** nal_unit_type 1 to 5 of H.264: the picture itself. */
function isSlice(header: number): boolean {
  const type = header & 0x1f
  return type >= 1 && type <= 5
}
