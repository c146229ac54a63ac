import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatChannelNumber,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatSeconds,
  formatTime,
} from './format.ts'

const plain = (text: string) => text.replaceAll('\u2009', ' ')

describe('counts', () => {
  it('are exact, with thin spaces between thousands', () => {
    expect(formatCount(154211)).toBe('154\u2009211')
    expect(plain(formatCount(1234567890))).toBe('1 234 567 890')
    expect(formatCount(0)).toBe('0')
    expect(plain(formatCount(-1460))).toBe('−1 460')
  })

  it('are a dash where unknown', () => {
    expect(formatCount(null)).toBe('–')
    expect(formatCount(Number.NaN)).toBe('–')
  })

  it('lose no digit', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (value) => {
        expect(formatCount(value).replaceAll('\u2009', '')).toBe(String(value))
      }),
    )
  })
})

describe('rates', () => {
  it.each([
    [0, '0 b/s'],
    [999, '999 b/s'],
    [12_000, '12.0 kb/s'],
    [4_123_000, '4.12 Mb/s'],
    [15_476_345, '15.5 Mb/s'],
    [999_499, '999 kb/s'],
    [999_700, '1.00 Mb/s'],
    [123_456_789, '123 Mb/s'],
  ])('of %d are written %s', (bps, text) => {
    expect(formatRate(bps)).toBe(text)
  })

  it('have three significant digits from 1000 on', () => {
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 9e14, noNaN: true }), (bps) => {
        expect(formatRate(bps).split(' ')[0]?.replace('.', '')).toMatch(/^\d{3}$/)
      }),
    )
  })
})

describe('shares', () => {
  it('never round a loss to 0 % or to 100 %', () => {
    expect(formatPercent(0, 10)).toBe('0 %')
    expect(plain(formatPercent(1, 1e9))).toBe('< 0.001 %')
    expect(formatPercent(10, 10)).toBe('100 %')
    expect(formatPercent(999_999_999, 1e9, 2)).toBe('99.99 %')
    expect(formatPercent(152751, 154211, 2)).toBe('99.05 %')
    expect(formatPercent(1, 0)).toBe('–')
  })
})

describe('times', () => {
  const us = Date.UTC(2026, 10, 21, 14, 3, 5, 902) * 1000

  it('show milliseconds in UTC', () => {
    expect(formatTime(us, 'utc', null)).toBe('14:03:05.902')
  })

  it('count from the origin, signed', () => {
    expect(formatTime(us + 5_902_000, 'start', us)).toBe('+0:05.902')
    expect(formatTime(us - 65_000_000, 'cursor', us)).toBe('−1:05.000')
    expect(formatTime(us + 3_725_001_000, 'start', us)).toBe('+1:02:05.001')
  })

  it('fall back to the wall clock without an origin', () => {
    expect(formatTime(us, 'start', null)).toBe(formatTime(us, 'local', null))
    expect(formatTime(null, 'utc', null)).toBe('–')
  })
})

describe('lengths of time', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 µs'],
    [212_000, '212 ms'],
    [999_600, '1.00 s'],
    [2_040_000, '2.04 s'],
    [12_340_000, '12.3 s'],
    [192_000_000, '3 min 12 s'],
    [7_500_000_000, '2 h 05 min'],
    [-212_000, '−212 ms'],
  ])('of %d µs are written %s', (us, text) => {
    expect(formatDuration(us)).toBe(text)
  })

  it('write ages and waits', () => {
    expect(formatAge(600_000)).toBe('0.6 s ago')
    expect(formatAge(-5)).toBe('now')
    expect(formatAge(42_000_000)).toBe('42 s ago')
    expect(formatSeconds(8.9)).toBe('8 s')
    expect(formatSeconds(125)).toBe('2 min 05 s')
  })
})

it('writes channel numbers as tuners do', () => {
  expect(formatChannelNumber(51, 1)).toBe('51.1')
  expect(formatChannelNumber(51, null)).toBe('51')
  expect(formatChannelNumber(null, null)).toBe('–')
})
