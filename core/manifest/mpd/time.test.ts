import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseXsDateTime, parseXsDuration, serialiseXsDateTime, serialiseXsDuration } from './time.ts'

describe('xs:duration', () => {
  test.each([
    ['PT0H0M24.000S', 24_000_000],
    ['PT2.002S', 2_002_000],
    ['P1DT1H', 90_000_000_000],
    ['-PT0.5S', -500_000],
    ['PT1M', 60_000_000],
    ['P1Y2M', (365 + 60) * 86_400_000_000],
  ])('%s', (text, us) => expect(parseXsDuration(text)).toBe(us))

  test.each(['', 'P', 'PT', '2S', 'PT2', 'PT-2S', 'P1DT'])('"%s" is not a duration', (text) => {
    expect(() => parseXsDuration(text)).toThrow(expect.objectContaining({ code: 'mpd-duration' }))
  })

  test('serialise then parse is identity', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e15, max: 1e15 }), (us) => parseXsDuration(serialiseXsDuration(us)) === us),
    )
  })
})

describe('xs:dateTime', () => {
  test.each([
    ['2026-11-21T06:23:49.338Z', Date.UTC(2026, 10, 21, 6, 23, 49, 338) * 1000],
    ['2026-11-21T06:23:49.3381234Z', Date.UTC(2026, 10, 21, 6, 23, 49, 338) * 1000 + 123],
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:00', 0],
    ['2024-02-29T12:00:00+02:00', Date.UTC(2024, 1, 29, 10) * 1000],
    ['1969-12-31T23:59:59.5Z', -500_000],
  ])('%s', (text, us) => expect(parseXsDateTime(text)).toBe(us))

  test('agrees with the platform in both directions, over 400 years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6_000_000_000_000, max: 7_000_000_000_000 }), (ms) => {
        expect(Date.parse(serialiseXsDateTime(ms * 1000))).toBe(ms)
        expect(parseXsDateTime(new Date(ms).toISOString())).toBe(ms * 1000)
      }),
    )
  })

  test.each(['', '2026-13-01T00:00:00Z', '2026-11-21', 'now'])('"%s" is not a date and time', (text) => {
    expect(() => parseXsDateTime(text)).toThrow(expect.objectContaining({ code: 'mpd-date-time' }))
  })
})
