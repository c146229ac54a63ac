import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteRanges, MAX_ISLANDS } from './byte-ranges.ts'

describe('ByteRanges', () => {
  it('moves the prefix with in-order data and absorbs islands it reaches', () => {
    const ranges = new ByteRanges()
    expect(ranges.add(0, 10, [])).toBe(10)
    expect(ranges.add(20, 30, [])).toBe(10)
    expect(ranges.missing(40)).toEqual([
      [10, 20],
      [30, 40],
    ])
    const fresh: number[] = []
    expect(ranges.add(5, 25, fresh)).toBe(10)
    expect(fresh).toEqual([10, 20])
    expect([ranges.prefix, ranges.total, ranges.highest]).toEqual([30, 30, 30])
    expect(ranges.missing(null)).toEqual([])
  })

  it('agrees with a bitmap for any sequence of ranges', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), fc.integer({ min: 0, max: 70 }), (list, probe) => {
        const ranges = new ByteRanges()
        const bitmap = new Uint8Array(80)
        for (const [start, length] of list) {
          const fresh: number[] = []
          const added = ranges.add(start, start + length, fresh)
          let expected = 0
          for (let at = start; at < start + length; at++) if (bitmap[at] === 0) expected++
          expect(added).toBe(expected)
          for (let i = 0; i < fresh.length; i += 2) {
            for (let at = fresh[i] as number; at < (fresh[i + 1] as number); at++) {
              expect(bitmap[at]).toBe(0)
              bitmap[at] = 1
            }
          }
          for (let at = start; at < start + length; at++) expect(bitmap[at]).toBe(1)
        }
        const hole = bitmap.indexOf(0)
        expect(ranges.prefix).toBe(hole)
        expect(ranges.total).toBe(bitmap.reduce((sum, bit) => sum + bit, 0))
        expect(ranges.touches(probe, probe + 5)).toBe(bitmap.subarray(probe, probe + 5).includes(1))
        expect(ranges.covers(probe, probe + 5)).toBe(!bitmap.subarray(probe, probe + 5).includes(0))
        const missing = new Uint8Array(80).fill(1)
        for (const [from, to] of ranges.missing(80)) missing.fill(0, from, to)
        expect(missing).toEqual(bitmap)
        const covered = new Uint8Array(80)
        for (const [from, to] of ranges.covered(10, 50)) covered.fill(1, from, to)
        expect(covered.subarray(10, 50)).toEqual(bitmap.subarray(10, 50))
      }),
      { numRuns: 500 },
    )
  })

  it('refuses one more hole than allowed, but accepts bytes that fill holes', () => {
    const ranges = new ByteRanges()
    for (let island = 0; island < MAX_ISLANDS; island++) ranges.add(island * 4 + 2, island * 4 + 3, [])
    const before = ranges.total
    expect(ranges.add(MAX_ISLANDS * 4 + 2, MAX_ISLANDS * 4 + 3, [])).toBe(-1)
    expect(ranges.total).toBe(before)
    expect(ranges.add(0, 7, [])).toBe(5)
    expect(ranges.prefix).toBe(7)
  })
})
