import { describe, expect, it } from 'vitest'
import { jsonPieces, LazyList, MadeInTurns } from './json-pieces.ts'

describe('JSON in pieces', () => {
  it.each([
    [{}],
    [[]],
    [null],
    ['a\n"b"'],
    [{ a: 1, b: undefined, c: [], d: {}, e: [[], [1, [2, { f: null }]]], 'g "h"': 'i\nj' }],
    [[[[[[[[[[[[[{ deep: [1, 2] }]]]]]]]]]]]]],
  ])('is the text that JSON.stringify makes: %j', (value) => {
    expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, null, 1))
  })

  it.each([0, 1, 64, 65, 1000])('writes a lazy list of %i elements as an array', (length) => {
    const element = (at: number): object => ({ at, name: `n\n${at}`, list: [at, {}] })
    const lazy = { before: 1, deep: [{ list: new LazyList(length, element) }], after: [] }
    const whole = { before: 1, deep: [{ list: Array.from({ length }, (_, at) => element(at)) }], after: [] }
    expect([...jsonPieces(lazy)].join('')).toBe(JSON.stringify(whole, null, 1))
  })

  it.each([0, 1, 3])('writes a list of %i nested elements with lazy lists in them', (length) => {
    const inner = (at: number, list: unknown) => ({ at, list, deep: [{ a: [] }], none: undefined })
    const lazy = new LazyList(
      length,
      (at) => inner(at, new LazyList(at, (each) => each, at === 1 ? 'long' : 'short')),
      'nested',
    )
    const whole = Array.from({ length }, (_, at) => inner(at, [...Array(at).keys()]))
    expect([...jsonPieces({ lazy })].join('')).toBe(JSON.stringify({ lazy: whole }, null, 1))
  })

  it('makes long elements one by one, each once', () => {
    const made: number[] = []
    const element = (at: number) => ({
      get text() {
        made.push(at)
        return 'x'.repeat(1 << 16)
      },
    })
    const pieces = jsonPieces({ lists: new LazyList(4, element, 'long') })
    pieces.next()
    expect(made).toEqual([0])
    expect([...pieces].join('')).toContain('x')
    expect(made).toEqual([0, 1, 2, 3])
  })

  it('makes the elements of a lazy list a piece at a time', () => {
    let made = 0
    const pieces = jsonPieces(new LazyList(100_000, (at) => ({ at, text: 'x'.repeat(100), number: made++ })))
    expect(pieces.next().value?.length).toBeGreaterThan(1 << 16)
    expect(made).toBeLessThan(1000)
  })

  it('ends a piece wherever a value that is made in turns yields', () => {
    const value = new MadeInTurns(function* () {
      yield
      yield
      return { list: new LazyList(2, (at) => at), none: null }
    })
    const pieces = [...jsonPieces({ first: 1, value }, '.')]
    expect(pieces).toHaveLength(3)
    expect(pieces.join('')).toBe(`${JSON.stringify({ first: 1, value: { list: [0, 1], none: null } }, null, 1)}.`)
  })
})
