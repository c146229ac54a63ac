import { expect, test } from 'vitest'
import { ANSWER_LIMIT, beyondLimit, END_LIMIT, medianOf } from './flood-limits.ts'
import { withoutWaiting } from './victim.ts'

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

test('does not count what a program waits for a processor', () => {
  expect(withoutWaiting(900, 700)).toBe(200)
  expect(withoutWaiting(900, 0)).toBe(900)
  expect(withoutWaiting(900, -1)).toBe(900)
  expect(withoutWaiting(10, 20)).toBe(0)
})
