import { describe, expect, it } from 'vitest'
import type { ByteRange } from '../../flow/objects.ts'
import { seededBelow } from '../../testing/seeded.ts'
import { RowRanges } from './row-ranges.ts'

describe('ranges of rows', () => {
  it('are those set last, of any number, in any order of rows', () => {
    const below = seededBelow(3)
    const stored = new RowRanges()
    const expected = new Map<number, ByteRange[]>()
    for (let turn = 0; turn < 3000; turn++) {
      const row = below(500)
      const ranges = Array.from({ length: below(8) }, (): ByteRange => [below(2 ** 28), below(2 ** 28)])
      stored.set(row, ranges)
      expected.set(row, ranges)
    }
    for (let row = 0; row < 500; row++) expect(stored.get(row)).toEqual(expected.get(row) ?? [])
    expect(stored.get(70_000)).toEqual([])
  })

  it('are a bounded number of each row', () => {
    const stored = new RowRanges()
    stored.set(
      2,
      Array.from({ length: 5000 }, (_, at): ByteRange => [at * 4, at * 4 + 1]),
    )
    expect(stored.get(2).length).toBe(1024)
    expect(stored.get(2)[1023]).toEqual([4092, 4093])
  })
})
