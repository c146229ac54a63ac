import { ByteWriter } from '../bytes/byte-writer.ts'
import { FRAGMENT_INDICATOR, MPU_FRAGMENT, serialiseMpuPayload } from '../protocol/mmtp/mpu-payload.ts'

/** One item of a non-timed MPU. */
export type MadeItem = { readonly id: number; readonly name: string; readonly type: string; readonly data: Uint8Array }

const BYTES_OF_MFU = 1000

/**
 * A non-timed MPU (ISO/IEC 23008-1 §8.2): `ftyp`, `mmpu`, `meta` with the ranges of its items, and one `mdat` with them. The
 * first item has two extents around the others, as `iloc` allows.
 */
export function makeItemMpu(sequence: number, asset: string, items: readonly MadeItem[]): Uint8Array {
  const [split, ...others] = items as [MadeItem, ...MadeItem[]]
  const half = Math.floor(split.data.length / 2)
  // The halves of the first item enclose the others.
  const pieces = [
    { id: split.id, data: split.data.subarray(0, half) },
    ...others.map(({ id, data }) => ({ id, data })),
    { id: split.id, data: split.data.subarray(half) },
  ]
  const metadata = (from: number): Uint8Array => {
    const out = new ByteWriter()
    box(out, 'ftyp', () => out.latin1('mpuf').u32(0).latin1('isommpuf'))
    box(out, 'mmpu', () => out.u32(0).u8(0x80).u32(sequence).u32(1).u32(asset.length).latin1(asset))
    box(out, 'meta', () => {
      out.u32(0)
      box(out, 'hdlr', () => out.u32(0).u32(0).latin1('mmpu').zeros(13))
      box(out, 'iinf', () => {
        out.u32(0).u16(items.length)
        for (const { id, name, type } of items)
          box(out, 'infe', () =>
            out.u32(0x0200_0000).u16(id).u16(0).latin1('mime').latin1(name).u8(0).latin1(type).u8(0),
          )
      })
      box(out, 'iloc', () => {
        out.u32(0).u16(0x4400).u16(items.length)
        const places = new Map<number, [number, number][]>()
        let at = from + 8
        for (const { id, data } of pieces) {
          places.set(id, [...(places.get(id) ?? []), [at, data.length]])
          at += data.length
        }
        for (const [id, extents] of places) {
          out.u16(id).u16(0).u16(extents.length)
          for (const [offset, length] of extents) out.u32(offset).u32(length)
        }
      })
    })
    return out.take()
  }
  const head = metadata(metadata(0).length)
  const out = new ByteWriter().bytes(head)
  box(out, 'mdat', () => {
    for (const { data } of pieces) out.bytes(data)
  })
  return out.take()
}

/** The payloads of its MMTP packets: metadata, then each item in fragments. */
export function itemMpuPayloads(mpu: Uint8Array, sequence: number, items: readonly MadeItem[]): Uint8Array[] {
  const total = items.reduce((sum, { data }) => sum + data.length, 8)
  const metadata = mpu.subarray(0, mpu.length - total)
  const header = { timed: false, mpuSequence: sequence }
  const payloads: Uint8Array[] = []
  for (const [indicator, fragmentCounter, data] of pieces(metadata)) {
    const fields = { ...header, fragmentType: MPU_FRAGMENT.mpuMetadata, indicator, fragmentCounter }
    payloads.push(serialiseMpuPayload(fields, [{ kind: 'metadata', data }], false))
  }
  for (const item of items)
    for (const [indicator, fragmentCounter, data] of pieces(item.data)) {
      const fields = { ...header, fragmentType: MPU_FRAGMENT.mfu, indicator, fragmentCounter }
      payloads.push(serialiseMpuPayload(fields, [{ kind: 'item', itemId: item.id, data }], false))
    }
  return payloads
}

function* pieces(data: Uint8Array): Generator<readonly [number, number, Uint8Array]> {
  const count = Math.max(1, Math.ceil(data.length / BYTES_OF_MFU))
  const { whole, first, middle, last } = FRAGMENT_INDICATOR
  for (let index = 0; index < count; index++) {
    const indicator = count === 1 ? whole : index === 0 ? first : index === count - 1 ? last : middle
    yield [indicator, count - 1 - index, data.subarray(index * BYTES_OF_MFU, (index + 1) * BYTES_OF_MFU)]
  }
}

function box(out: ByteWriter, type: string, write: () => void): void {
  const at = out.length
  out.u32(0).latin1(type)
  write()
  out.u32At(at, out.length - at)
}
