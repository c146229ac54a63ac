import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isInRange, nextRange } from './byte-ranges.ts'

const ranges = fc
  .uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map((ends) => ends.flatMap((end, at) => (at % 2 === 1 ? [[ends[at - 1] ?? 0, end] as const] : [])))

it('ranges contain a byte, and are stepped through in both directions', () => {
  fc.assert(
    fc.property(ranges, fc.integer({ min: 0, max: 5000 }), (all, at) => {
      expect(isInRange(all, at)).toBe(all.some(([start, end]) => at >= start && at < end))
      expect(nextRange(all, at, 1)).toEqual(all.find(([start]) => start > at) ?? null)
      expect(nextRange(all, at, -1)).toEqual(all.filter(([start]) => start < at).at(-1) ?? null)
    }),
  )
})
