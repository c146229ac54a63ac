import { describe, expect, it } from 'vitest'
import { ServerClock } from './server-clock.ts'

const NOW_US = Date.parse('2026-03-01T12:00:00.400Z') * 1000
const at = (local: { us: number }): ServerClock => new ServerClock(() => local.us)

describe('the clock of a server', () => {
  it('is this one as long as its dates agree with it', () => {
    const local = { us: NOW_US }
    const clock = at(local)
    clock.date('Sun, 01 Mar 2026 12:00:00 GMT', NOW_US - 50_000, NOW_US)
    expect(clock.nowUs()).toBe(NOW_US)
    clock.date(undefined, NOW_US, NOW_US)
    clock.date('soon', NOW_US, NOW_US)
    expect(clock.nowUs()).toBe(NOW_US)
  })

  it('is found by several dates to less than their second, never ahead', () => {
    const local = { us: NOW_US }
    const clock = at(local)
    const aheadUs = 3_600_250_000
    for (const stepUs of [0, 300_000, 700_000, 990_000]) {
      local.us = NOW_US + stepUs
      const date = new Date(Math.floor((local.us + aheadUs) / 1e6) * 1000).toUTCString()
      clock.date(date, local.us, local.us)
      expect(clock.nowUs() - local.us).toBeLessThanOrEqual(aheadUs)
    }
    expect(clock.nowUs() - local.us).toBeGreaterThan(aheadUs - 400_000)
  })

  it('follows a server whose clock is set, and exact times but for jitter', () => {
    const local = { us: NOW_US }
    const clock = at(local)
    clock.date('Sun, 01 Mar 2026 11:00:00 GMT', NOW_US, NOW_US)
    clock.date('Sun, 01 Mar 2026 13:00:00 GMT', NOW_US, NOW_US)
    expect(clock.nowUs() - NOW_US).toBe(3600e6 - 400_000)
    clock.exact(NOW_US + 5e6, NOW_US - 100_000, NOW_US + 100_000)
    expect(clock.nowUs() - NOW_US).toBe(5e6)
    clock.exact(NOW_US + 5_030_000, NOW_US, NOW_US)
    expect(clock.nowUs() - NOW_US).toBe(5e6)
  })
})
