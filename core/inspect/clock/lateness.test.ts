import { expect, it } from 'vitest'
import { segmentLatenessUs } from './lateness.ts'

const S = 1_000_000
const at = 1_700_000_000 * S
const whole = { availabilityUs: at, durationUs: 2 * S, earlyUs: 0 }
const arrival = (first: number, last: number) => ({ firstTimeUs: at + first * S, lastTimeUs: at + last * S })

it('is that of the last byte of a whole segment', () => {
  expect(segmentLatenessUs(arrival(-2, -0.5), whole, 0)).toBe(-0.5 * S)
  expect(segmentLatenessUs(arrival(-1, 4.83), whole, 0)).toBe(4.83 * S)
})

it('is that of the first part in low latency, and of the whole where that is late by more than a segment', () => {
  const early = { ...whole, earlyUs: 1.8 * S }
  expect(segmentLatenessUs(arrival(-1.742, 0.224), early, 0)).toBeCloseTo(0.058 * S, -1)
  expect(segmentLatenessUs(arrival(-1.742, 3), early, 0)).toBe(3 * S)
})

it('is counted in the time of the capture, and not known with another clock', () => {
  expect(segmentLatenessUs(arrival(1000.5, 1001), whole, 1000 * S)).toBe(S)
  expect(segmentLatenessUs(arrival(0, 3600), whole, 0)).toBeNull()
})
