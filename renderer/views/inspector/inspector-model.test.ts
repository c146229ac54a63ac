import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codepointMeaning, gapSpans, marginText, missingBytes } from './inspector-model.ts'

const ranges = fc
  .uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map((ends) => ends.flatMap((end, at) => (at % 2 === 1 ? [[ends[at - 1] ?? 0, end] as const] : [])))

it('writes margins with their sign, and late in words', () => {
  expect(marginText(98_000)).toBe('+98 ms margin')
  expect(marginText(0)).toBe('+0 ms margin')
  expect(marginText(-212_000)).toBe('−212 ms late')
})

describe('missing ranges', () => {
  it('become spans of the bar: complete, ordered, disjoint', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 10, max: 800 }), (missing, width) => {
        const spans = gapSpans(missing, 5001, width)
        expect(spans.length > 0).toBe(missing.length > 0)
        let end = -1
        for (const span of spans) {
          expect(span.x).toBeGreaterThan(end)
          expect(span.width).toBeGreaterThanOrEqual(1)
          end = span.x + span.width
        }
        expect(end).toBeLessThanOrEqual(width)
      }),
    )
  })

  it('are summed, and have no spans without a size', () => {
    expect(
      missingBytes([
        [10, 20],
        [30, 31],
      ]),
    ).toBe(11)
    expect(gapSpans([[0, 5]], 0, 100)).toEqual([])
  })
})

describe('codepoints', () => {
  it('have the meaning of the standard’s table', () => {
    expect(codepointMeaning(8)).toBe('media segment, file mode')
    expect([codepointMeaning(11), codepointMeaning(130)]).toEqual([
      'not assigned',
      'defined by its Payload in the S-TSID',
    ])
  })
})
