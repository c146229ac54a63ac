import { expect, it } from 'vitest'
import { type ObjectRow, ROW_COLUMNS } from './object-table.ts'
import { packRows, unpackRows } from './packed-rows.ts'

const row = (index: number, change: Partial<ObjectRow> = {}): ObjectRow =>
  ({ index, ...Object.fromEntries(ROW_COLUMNS.map((key) => [key, null])), tsi: 10, toi: index, ...change }) as ObjectRow

it('packs rows by column, and a column of equal values as one', () => {
  const rows = [row(4, { name: 'a.m4s' }), row(7, { name: null })]
  const packed = packRows(rows)
  expect(packed).toMatchObject({ rows: 2, index: [4, 7], tsi: 10, contentType: null, name: ['a.m4s', null] })
  expect(unpackRows(packed)).toEqual(rows)
})

it.each([0, 1])('packs %i rows', (count) => {
  const rows = [row(1)].slice(0, count)
  expect(unpackRows(packRows(rows))).toEqual(rows)
})
