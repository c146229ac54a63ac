import { u32At } from '../../bytes/ints.ts'

export const MOOF = 0x6d6f6f66
const TRAF = 0x74726166
const TFDT = 0x74666474
const MAX_BOXES = 64

/**
 * True where the first track fragment of a segment has no `tfdt`. ISO/IEC 23009-1 6.3.4.2 asks for one, and browsers play nothing
 * without it. False where it is not in these bytes, or they are no boxes.
 */
export function lacksDecodeTime(bytes: Uint8Array): boolean {
  const moof = find(bytes, 0, bytes.length, MOOF)
  const traf = moof === null ? null : find(bytes, moof + 8, endOf(bytes, moof), TRAF)
  if (traf === null) return false
  const end = endOf(bytes, traf)
  return end <= bytes.length && find(bytes, traf + 8, end, TFDT) === null
}

/** Decode time of the first track fragment of a segment, ticks; null where it is not in these bytes. */
export function firstDecodeTime(bytes: Uint8Array): bigint | null {
  const moof = find(bytes, 0, bytes.length, MOOF)
  const traf = moof === null ? null : find(bytes, moof + 8, endOf(bytes, moof), TRAF)
  const tfdt = traf === null ? null : find(bytes, traf + 8, endOf(bytes, traf), TFDT)
  if (tfdt === null || tfdt + 20 > bytes.length) return null
  const low = BigInt(u32At(bytes, tfdt + 12))
  return bytes[tfdt + 8] === 0 ? low : (low << 32n) | BigInt(u32At(bytes, tfdt + 16))
}

/** Offset of the first box of a type among those that begin in `[from, to)`; null without one. */
function find(bytes: Uint8Array, from: number, to: number, type: number): number | null {
  const last = Math.min(to, bytes.length) - 8
  for (let at = from, boxes = 0; at <= last && boxes < MAX_BOXES; boxes++) {
    if (u32At(bytes, at + 4) === type) return at
    const size = u32At(bytes, at)
    if (size < 8) return null
    at += size
  }
  return null
}

function endOf(bytes: Uint8Array, at: number): number {
  return at + u32At(bytes, at)
}
