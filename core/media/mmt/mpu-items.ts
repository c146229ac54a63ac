import { ByteReader } from '../../bytes/byte-reader.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { type Box, childBoxes } from '../bmff/boxes.ts'

/** Most items and extents read. */
const MAX_ITEMS = 4096

/** One extent of a non-timed item: its range in the MPU file. */
export type MpuItem = { readonly itemId: number; readonly offset: number; readonly length: number }

/**
 * The extents in a `meta` box's `iloc` that are in the file (construction_method 0; ISO/IEC 14496-12 §8.11.3), in order.
 * @throws CodecError bmff-…, bmff-iloc
 */
export function itemExtents(bytes: Uint8Array, meta: Box): MpuItem[] {
  const iloc = childBoxes(bytes, meta, 4).find((box) => box.type === 'iloc')
  if (iloc === undefined) return []
  const reader = new ByteReader(bytes, iloc.offset + iloc.headerBytes, iloc.offset + iloc.size, 'bmff-iloc')
  const version = reader.u8('version')
  reader.skip(3, 'flags')
  const sizes = reader.u16('sizes')
  const [offsetSize, lengthSize, baseSize, indexSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15, sizes & 15]
  const count = version < 2 ? reader.u16('item_count') : reader.u32('item_count')
  const items: MpuItem[] = []
  for (let item = 0; item < count; item++) {
    const itemId = version < 2 ? reader.u16('item_ID') : reader.u32('item_ID')
    const method = version === 0 ? 0 : reader.u16('construction_method') & 15
    reader.skip(2, 'data_reference_index')
    const base = sized(reader, baseSize)
    for (let extents = reader.u16('extent_count'); extents > 0; extents--) {
      if (version > 0) reader.skip(indexSize, 'extent_index')
      const offset = base + sized(reader, offsetSize)
      const length = sized(reader, lengthSize)
      if (items.length >= MAX_ITEMS) throw new CodecError('bmff-iloc', reader.offset, `more than ${MAX_ITEMS} extents`)
      if (method === 0) items.push({ itemId, offset, length })
    }
  }
  return items
}

function sized(reader: ByteReader, size: number): number {
  if (size === 0) return 0
  if (size === 4) return reader.u32('extent')
  if (size === 8) return reader.u64Number('extent')
  throw new CodecError('bmff-iloc', reader.offset, `fields of ${size} bytes`)
}
