import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NameTable } from './name-table.ts'
import { sortRows } from './sort-rows.ts'

describe('sortRows', () => {
  it('agrees with a stable sort by two keys, in both directions', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }))
    fc.assert(
      fc.property(fc.array(pair), fc.boolean(), (pairs, descending) => {
        const rows = Uint32Array.from(pairs, (_, index) => index * 3)
        const key = Float64Array.from(pairs, ([first]) => first)
        const second = Float64Array.from(pairs, ([, other]) => other)
        const order = descending ? -1 : 1
        const expected = pairs
          .map(([a, b], index) => ({ a, b, row: index * 3 }))
          .sort((x, y) => (x.a === y.a ? x.b - y.b : x.a - y.a) * order)
          .map(({ row }) => row)
        expect([...sortRows(rows, key, second, descending)]).toEqual(expected)
      }),
    )
  })
})

describe('NameTable', () => {
  it('orders names by pattern, then by the number that counts segments', () => {
    const table = new NameTable()
    const names = [
      'v_10.m4s',
      'a_2.m4s',
      'v_9.m4s',
      'plain',
      'a_init.mp4',
      'v_100.m4s',
      'v/7/seg-3.m4s',
      'v/7/seg-20.m4s',
    ]
    const ids = names.map((name) => table.idOf(name))
    expect(table.idOf('v_9.m4s')).toBe(ids[2])
    const key = Float64Array.from(ids, (id) => table.patternRank(id))
    const second = Float64Array.from(ids, (id) => table.numberIn(id))
    const sorted = [...sortRows(Uint32Array.from(ids), key, second, false)].map((id) => table.name(id))
    expect(sorted).toEqual([
      'a_2.m4s',
      'a_init.mp4',
      'plain',
      'v/7/seg-3.m4s',
      'v/7/seg-20.m4s',
      'v_9.m4s',
      'v_10.m4s',
      'v_100.m4s',
    ])
  })
})
