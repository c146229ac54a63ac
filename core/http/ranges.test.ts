import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentRange, parseRange, parseRanges, resolveRange, resolveRanges } from './ranges.ts'

describe('parseRange', () => {
  test.each([
    ['bytes=0-9', { first: 0, last: 9 }],
    ['Bytes = 5-', { first: 5, last: null }],
    ['bytes=-10', { suffix: 10 }],
    ['bytes=-0', { suffix: 0 }],
    // To be ignored: several, malformed, another unit.
    ['bytes=0-1,5-6', null],
    ['bytes=50-40', null],
    ['bytes=abc', null],
    ['bytes=', null],
    ['bytes=-', null],
    ['items=0-1', null],
    ['bytes=99999999999999999999-', null],
    [undefined, null],
  ])('%j', (header, range) => {
    expect(parseRange(header)).toEqual(range)
  })
})

describe('parseRanges and resolveRanges', () => {
  test.each([
    [
      'bytes=0-1,5-6',
      [
        [0, 2],
        [5, 7],
      ],
    ],
    [
      'bytes=0-1, bytes=5-6',
      [
        [0, 2],
        [5, 7],
      ],
    ],
    // The order that was asked for, and overlaps, are kept.
    [
      'bytes=5-6,0-4,2-6',
      [
        [5, 7],
        [0, 5],
        [2, 7],
      ],
    ],
    ['bytes=0-1,500-600', [[0, 2]]],
    ['bytes=100-,-0', []],
    ['bytes=0-1,', null],
    ['0-1,bytes=5-6', null],
    [`bytes=${Array.from({ length: 65 }, (_, at) => `${at}-${at}`).join()}`, null],
    ['bytes=0-,0-,0-,0-,0-0', null],
  ])('%s of 100 bytes', (header, parts) => {
    const ranges = parseRanges(header)
    expect(ranges && resolveRanges(ranges, 100)).toEqual(parts)
  })
})

describe('resolveRange', () => {
  test.each([
    ['bytes=0-0', [0, 1]],
    ['bytes=95-200', [95, 100]],
    ['bytes=-101', [0, 100]],
    ['bytes=0-', [0, 100]],
    ['bytes=100-', null],
    ['bytes=-0', null],
  ])('%s of 100 bytes', (header, part) => {
    const range = parseRange(header)
    expect(range && resolveRange(range, 100)).toEqual(part)
  })

  test('gives bytes within the file only', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(300), fc.option(fc.nat(300), { nil: null }), (size, first, last) => {
        const part = resolveRange(last !== null && last < first ? { suffix: last } : { first, last }, size)
        if (part === null) return
        expect(part[0]).toBeGreaterThanOrEqual(0)
        expect(part[0]).toBeLessThan(part[1])
        expect(part[1]).toBeLessThanOrEqual(size)
      }),
    )
  })

  test('Content-Range counts from the first byte to the last', () => {
    expect(contentRange([0, 10], 100)).toBe('bytes 0-9/100')
    expect(contentRange([0, 10], null)).toBe('bytes 0-9/*')
  })
})
