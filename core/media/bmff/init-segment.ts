import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { childBoxes, findBox, fullBox, readBoxes } from './boxes.ts'

/**
 * Media timescale of each track of an initialisation segment, ticks per second by track_ID (`tkhd`, `mdhd`;
 * ISO/IEC 14496-12 §8.3.2, §8.4.2). Empty where there is no `moov`.
 * @throws CodecError bmff-…
 */
export function trackTimescales(init: Uint8Array): Map<number, number> {
  const timescales = new Map<number, number>()
  const moov = readBoxes(init).find((box) => box.type === 'moov')
  if (moov === undefined) return timescales
  for (const trak of childBoxes(init, moov)) {
    if (trak.type !== 'trak') continue
    const tkhd = findBox(init, trak, 'tkhd')
    const mdhd = findBox(init, trak, 'mdia', 'mdhd')
    if (tkhd === undefined || mdhd === undefined) continue
    timescales.set(timedField(init, tkhd), timedField(init, mdhd))
  }
  return timescales
}

/**
 * Media time at which the first track begins to be presented, ticks (`elst`, ISO/IEC 14496-12 §8.6.6); 0 without an edit list.
 * @throws CodecError bmff-…
 */
export function editStart(init: Uint8Array): number {
  const moov = readBoxes(init).find((box) => box.type === 'moov')
  const elst = moov === undefined ? undefined : findBox(init, moov, 'trak', 'edts', 'elst')
  if (elst === undefined) return 0
  const wide = fullBox(init, elst, 4).version === 1
  const entryBytes = wide ? 20 : 12
  const { fields } = fullBox(init, elst, 4)
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength)
  // An empty edit, which has -1, may stand before the one that counts.
  for (let entry = 0; entry < Math.min(view.getUint32(fields), 2); entry++) {
    fullBox(init, elst, 4 + (entry + 1) * entryBytes)
    const at = fields + 4 + entry * entryBytes
    const time = wide ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4)
    if (time >= 0) return time
  }
  return 0
}

/** The 32-bit field after creation and modification time, which are 64 bits wide from version 1 on. */
function timedField(bytes: Uint8Array, box: Parameters<typeof fullBox>[1]): number {
  const { version, fields } = fullBox(bytes, box, 12)
  return version === 0 ? u32At(bytes, fields + 8) : u32At(bytes, fullBox(bytes, box, 20).fields + 16)
}

/** A longer object is no initialisation segment, whatever its boxes. */
export const LONGEST_INIT_BYTES = 1 << 20

/** True of a whole ISO base media file that describes tracks and has no media. */
export function isInitSegment(bytes: Uint8Array): boolean {
  try {
    const types = new Set(readBoxes(bytes).map((box) => box.type))
    return types.has('moov') && !types.has('moof') && !types.has('mdat')
  } catch (thrown) {
    if (thrown instanceof CodecError) return false
    throw thrown
  }
}
