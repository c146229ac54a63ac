import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BURSTS, chancesOf, choiceOf, MOST_PERCENT } from './loss-choice.ts'

it('writes a share of the packets as chances of the model', () => {
  expect(chancesOf({ percent: 0, burst: 1 })).toBe('0x100')
  expect(chancesOf({ percent: 20, burst: 1 })).toBe('25x100')
  expect(chancesOf({ percent: 1, burst: 2 })).toBe('0.51x50')
  expect(choiceOf('1x98')).toEqual({ percent: 1, burst: 1.02 })
  expect(choiceOf('0x100')).toEqual({ percent: 0, burst: 1 })
  expect(choiceOf('5x0')).toEqual({ percent: 100, burst: Number.POSITIVE_INFINITY })
  expect(choiceOf('much')).toBeNull()
})

it('reads back what was chosen', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MOST_PERCENT * 2 }), fc.constantFrom(...BURSTS), (half, burst) => {
      const choice = { percent: half / 2, burst }
      expect(choiceOf(chancesOf(choice))?.percent).toBeCloseTo(choice.percent, 0)
      expect(choiceOf(chancesOf(choice))?.burst).toBe(burst)
    }),
  )
})
