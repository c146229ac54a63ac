import fc from 'fast-check'
import { expect, it } from 'vitest'
import { diffLines } from './line-diff.ts'

const marks = { same: ' ', removed: '-', added: '+' } as const
const shown = (before: string, after: string) =>
  diffLines(before.split(''), after.split(''))
    .map((line) => marks[line.kind] + line.text)
    .join(' ')

it('finds what was removed and added, and where', () => {
  expect(shown('abc', 'abc')).toBe(' a  b  c')
  expect(shown('abc', 'axc')).toBe(' a -b +x  c')
  expect(shown('', 'ab')).toBe('+a +b')
  expect(shown('ab', '')).toBe('-a -b')
  expect(shown('abcabba', 'cbabac').replace(/[^+-]/g, '')).toHaveLength(5)
  expect(diffLines(['a', 'b'], ['b', 'c'])).toEqual([
    { kind: 'removed', text: 'a', before: 1, after: null },
    { kind: 'same', text: 'b', before: 2, after: 1 },
    { kind: 'added', text: 'c', before: null, after: 2 },
  ])
})

it('contains both texts', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after)
      expect(diff.filter((line) => line.kind !== 'added').map((line) => line.text)).toEqual(before)
      expect(diff.filter((line) => line.kind !== 'removed').map((line) => line.text)).toEqual(after)
    }),
  )
})

it('shows texts that have nothing in common as two blocks, however long', () => {
  const before = Array.from({ length: 5000 }, (_, index) => `a${index}`)
  const after = Array.from({ length: 5000 }, (_, index) => `b${index}`)
  const diff = diffLines(before, after)
  expect(diff.findIndex((line) => line.kind === 'added')).toBe(5000)
  expect(diff).toHaveLength(10_000)
})
