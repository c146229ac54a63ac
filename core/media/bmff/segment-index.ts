import { ByteReader } from '../../bytes/byte-reader.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { type Box, fullBox } from './boxes.ts'

/** A part of a file that a `sidx` box refers to. */
export type IndexedPart = {
  /** Bytes `[from, to)`, counted from the first byte after the box. */
  readonly from: number
  readonly to: number
  /** Ticks of the index. */
  readonly duration: number
  /** It is another `sidx`, with the parts below it. */
  readonly isIndex: boolean
}

/** A `sidx` box (ISO/IEC 14496-12 §8.16.3). */
export type SegmentIndex = {
  readonly timescale: number
  /** Ticks. */
  readonly earliestTime: number
  readonly parts: readonly IndexedPart[]
}

/** @throws CodecError bmff-truncated, too-wide, bmff-index (no time scale) */
export function segmentIndexOf(bytes: Uint8Array, box: Box): SegmentIndex {
  const { version, fields } = fullBox(bytes, box, 16)
  const reader = new ByteReader(bytes, fields, box.offset + box.size, 'bmff-truncated')
  const wide = (field: string): number => (version === 0 ? reader.u32(field) : reader.u64Number(field))
  reader.u32('reference_ID')
  const timescale = reader.u32('timescale')
  if (timescale === 0) throw new CodecError('bmff-index', box.offset, 'the index has no time scale')
  const earliestTime = wide('earliest_presentation_time')
  let from = wide('first_offset')
  reader.u16('reserved')
  const count = reader.u16('reference_count')
  const parts = Array.from({ length: count }, (): IndexedPart => {
    const reference = reader.u32('referenced_size')
    const duration = reader.u32('subsegment_duration')
    reader.u32('SAP')
    const to = from + (reference & 0x7fff_ffff)
    const part = { from, to, duration, isIndex: reference >= 0x8000_0000 }
    from = to
    return part
  })
  return { timescale, earliestTime, parts }
}
