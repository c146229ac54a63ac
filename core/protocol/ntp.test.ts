import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ntpToUnixUs, unixUsToNtp, utcText } from './ntp.ts'

const FROM_1970_TO_2100 = fc.integer({ min: 0, max: 4_102_444_800_000_000 })

describe('NTP', () => {
  it('converts to µs and back without loss, across the end of the era in 2036', () => {
    fc.assert(
      fc.property(FROM_1970_TO_2100, (timeUs) => {
        const { seconds, fraction } = unixUsToNtp(timeUs)
        expect(seconds).toBeLessThan(2 ** 32)
        expect(fraction).toBeLessThan(2 ** 32)
        expect(ntpToUnixUs(seconds, fraction)).toBe(timeUs)
      }),
    )
  })

  it('reads the sender time of a GPAC packet', () => {
    expect(ntpToUnixUs(0xeeabb75d, 0x25fd9ba1)).toBe(1795242205148400)
  })
})

describe('utcText', () => {
  it('agrees with Date', () => {
    fc.assert(
      fc.property(FROM_1970_TO_2100, (timeUs) => {
        const milliseconds = new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)
        expect(utcText(timeUs)).toBe(`${milliseconds}${String(timeUs % 1000).padStart(3, '0')}Z`)
      }),
    )
    expect(utcText(Date.UTC(2028, 1, 29) * 1000)).toBe('2028-02-29T00:00:00.000000Z')
  })
})
