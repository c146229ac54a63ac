import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  makeColumnArrays,
  OBJECT_ROW,
  OBJECT_ROW_BYTES,
  objectRowIndices,
  packObjectRows,
  unpackObjectRows,
} from './object-batch.ts'
import { BATCH_COLUMNS, OBJECT_COLUMNS } from './object-table.ts'

const WIDTHS = { f64: 8, u32: 4, u16: 2 } as const
const fields = (['index', ...BATCH_COLUMNS] as const).map((key) => {
  const width = WIDTHS[key === 'index' ? 'u32' : OBJECT_COLUMNS[key].store]
  return { key, from: OBJECT_ROW[key], to: OBJECT_ROW[key] + width, width }
})

describe('a packed row', () => {
  it('has its fields one after the other, without overlap or gap', () => {
    const inOrder = [...fields].sort((a, b) => a.from - b.from)
    expect(inOrder.map(({ from }) => from)).toEqual([0, ...inOrder.slice(0, -1).map(({ to }) => to)])
    expect(inOrder.at(-1)?.to).toBe(OBJECT_ROW_BYTES)
  })

  it('is unpacked as it was packed, at any address', () => {
    const numbers = fc.record({
      f64: fc.double({ noNaN: true }),
      u32: fc.nat(0xffffffff),
      u16: fc.nat(0xffff),
    })
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 20 }), fc.nat(7), (rows, shift) => {
        const from = makeColumnArrays(BATCH_COLUMNS, rows.length)
        for (const key of BATCH_COLUMNS) {
          rows.forEach((row, index) => {
            from[key][index] = row[OBJECT_COLUMNS[key].store]
          })
        }
        const packed = packObjectRows(Uint32Array.from(rows.keys()).reverse(), from)
        expect(packed.length).toBe(rows.length * OBJECT_ROW_BYTES)
        const shifted = new Uint8Array(packed.length + shift)
        shifted.set(packed, shift)
        const into = makeColumnArrays(BATCH_COLUMNS, rows.length)
        const indices = objectRowIndices(shifted.subarray(shift))
        unpackObjectRows(shifted.subarray(shift), indices, into)
        expect([...indices]).toEqual([...rows.keys()].reverse())
        expect(into).toEqual(from)
      }),
    )
  })
})
