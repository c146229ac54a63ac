import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copied, patchBetween, patched } from './value-patch.ts'

describe('a patch', () => {
  const cases: readonly (readonly [string, unknown, unknown, unknown])[] = [
    ['is the new scalar', 1, 2, 2],
    ['is a new list as a whole where there was none', null, [1], ['=', [1]]],
    [
      'has only the changed fields',
      { a: 1, b: { c: 2, d: 3 } },
      { a: 1, b: { c: 2, d: 4 } },
      ['.', { b: ['.', { d: 4 }] }],
    ],
    ['adds and removes fields', { a: 1, b: 2 }, { b: 2, c: {} }, ['.', { c: ['=', {}] }, ['a']]],
    ['has only the changed items', [1, { a: 1 }, 3], [1, { a: 2 }, 3], ['#', 3, { 1: ['.', { a: 2 }] }]],
    ['makes a list longer', [1], [1, [2]], ['#', 2, { 1: ['=', [2]] }]],
    ['makes a list shorter', [1, 2], [1], ['#', 1, {}]],
    ['takes undefined for absent', { a: undefined, b: 1 }, { b: 1, c: undefined }, undefined],
    ['is none between equal values', { a: [1, { b: null }] }, { a: [1, { b: null }] }, undefined],
  ]
  it.each(cases)('%s', (_, before, after, patch) => {
    expect(patchBetween(before, after)).toEqual(patch)
  })

  it('makes the second of any two values', () => {
    const value = fc.anything({
      values: [fc.integer(), fc.string(), fc.constant(null)],
      key: fc.constantFrom('a', 'b', '__proto__', 'length', '0'),
      maxDepth: 4,
    })
    fc.assert(
      fc.property(value, value, (before, after) => {
        const patch = patchBetween(copied(before), after)
        expect(patch === undefined ? copied(before) : patched(copied(before), patch)).toEqual(copied(after))
      }),
    )
  })

  it('leaves what it does not change the same object, and shares nothing with the new value', () => {
    const before = { list: [{ a: 1 }, { a: 2 }], other: {} }
    const after = { list: [{ a: 1 }, { a: 3 }, { a: 4 }], other: {} }
    const patch = patchBetween(before, after)
    const next = patched(before, patch ?? null) as typeof before
    expect(next).toEqual(after)
    expect(next.other).toBe(before.other)
    expect(next.list[0]).toBe(before.list[0])
    expect(next.list[2]).not.toBe(after.list[2])
  })

  it('of a value that is not there takes it as empty', () => {
    expect(patched(undefined, ['.', { a: ['#', 2, { 1: 5 }] }])).toEqual({ a: [undefined, 5] })
  })
})
