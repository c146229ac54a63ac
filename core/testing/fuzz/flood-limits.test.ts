import { expect, test } from 'vitest'
import { ANSWER_LIMIT, beyondLimit, END_LIMIT, medianOf } from './flood-limits.ts'
import { ownMs } from './victim.ts'

test('allows a flood so much time, and more on a machine that is slow without one', () => {
  expect(beyondLimit(ANSWER_LIMIT, 500, 1)).toBeNull()
  expect(beyondLimit(ANSWER_LIMIT, 501, 1)).toBe(
    'an HTTP answer took 501 ms during the flood, 1 ms without; at most 500 ms are allowed',
  )
  expect(beyondLimit(ANSWER_LIMIT, 1500, 6)).toBeNull()
  expect(beyondLimit(ANSWER_LIMIT, 1501, 6)).not.toBeNull()
  expect(beyondLimit(END_LIMIT, 2000, 50)).toBeNull()
  expect(beyondLimit(END_LIMIT, 2001, 50)).not.toBeNull()
})

test('takes the middle of quiet times', () => {
  expect(medianOf([9, 1, 5])).toBe(5)
  expect(medianOf([])).toBe(0)
})

test('counts what a program ran, and little of what it stood still', () => {
  const before = { ranMs: 1000, waitedMs: 300 }
  const after = (ranMs: number, waitedMs: number) => ({
    ranMs: before.ranMs + ranMs,
    waitedMs: before.waitedMs + waitedMs,
  })
  // A regression runs, however busy the machine is.
  expect(ownMs(900, before, after(850, 40))).toBe(850)
  expect(ownMs(5000, before, after(850, 4000))).toBe(850)
  // Others ran.
  expect(ownMs(900, before, after(20, 800))).toBe(20)
  expect(ownMs(900, before, after(20, 0))).toBe(90)
  // It waits for itself.
  expect(ownMs(9000, before, after(20, 0))).toBe(900)
  expect(ownMs(10, before, after(30, 40))).toBe(10)
  expect(ownMs(700, null, after(1, 1))).toBe(700)
  expect(ownMs(700, before, null)).toBe(700)
})
