import { describe, expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0)
const DAY = 86_400_000

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['999999', DAY],
    ['9'.repeat(400), DAY],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu Jan  1 12:00:30 2026', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Sat, 01 Jan 2600 00:00:00 GMT', DAY],
  ])('%s', (text, ms) => {
    expect(retryAfterMs(text, NOW)).toEqual(ms)
  })

  it.each([undefined, '', '-1', '1.5', '1e3', '0x10', 'soon', 'NaN', 'Infinity', '1, 2', 'Thu, 99 Foo 2026 GMT'])(
    'no wait for %s',
    (text) => {
      expect(retryAfterMs(text, NOW)).toBeNull()
    },
  )
})
