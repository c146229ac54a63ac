import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { childBoxes, findBox, readBoxes } from '../bmff/boxes.ts'

/**
 * A copy of the `moov` of a plain MP4 for its place before the data: chunk offsets in `[from, to)`, the bytes that it is put before,
 * grow by its size.
 * @throws CodecError bmff-…
 * @returns null where an offset no longer fits its field
 */
export function relocateMovie(moov: Uint8Array, from: number, to: number): Uint8Array | null {
  const bytes = moov.slice()
  const by = moov.length
  const [box] = readBoxes(bytes)
  if (box === undefined) return bytes
  for (const trak of childBoxes(bytes, box)) {
    if (trak.type !== 'trak') continue
    const stbl = findBox(bytes, trak, 'mdia', 'minf', 'stbl')
    if (stbl === undefined) continue
    for (const table of childBoxes(bytes, stbl)) {
      if (table.type !== 'stco' && table.type !== 'co64') continue
      const wide = table.type === 'co64'
      const first = table.offset + table.headerBytes + 8
      const end = table.offset + table.size
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = first; at + (wide ? 8 : 4) <= end; at += wide ? 8 : 4) {
        const offset = wide ? u32At(bytes, at) * 0x1_0000_0000 + u32At(bytes, at + 4) : u32At(bytes, at)
        if (offset < from || offset >= to) continue
        if (wide) view.setBigUint64(at, BigInt(offset + by))
        else if (offset + by > 0xffff_ffff) return null
        else view.setUint32(at, offset + by)
      }
    }
  }
  return bytes
}

/**
 * A plain MP4 with its movie header before its data.
 * @returns pieces to be read one after the other; null where it has no movie header behind data that can be moved
 */
export function movieFirst(file: Uint8Array): readonly Uint8Array[] | null {
  try {
    const boxes = readBoxes(file)
    const moov = boxes.find(({ type }) => type === 'moov')
    const mdat = boxes.find(({ type }) => type === 'mdat')
    if (moov === undefined || mdat === undefined || moov.offset < mdat.offset) return null
    const end = moov.offset + moov.size
    const moved = relocateMovie(file.slice(moov.offset, end), mdat.offset, moov.offset)
    if (moved === null) return null
    return [file.subarray(0, mdat.offset), moved, file.subarray(mdat.offset, moov.offset), file.subarray(end)]
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}
