import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHORTEST_RANGE_US } from '../stores/time-store.ts'
import {
  fitRange,
  LONGEST_RANGE_US,
  panRange,
  type TimeScale,
  timeTicks,
  timeToX,
  xToTime,
  zoomRange,
} from './time-scale.ts'

const T0 = Date.UTC(2026, 10, 21, 14, 3, 0) * 1000
const utc = { base: 'utc', startUs: T0, cursorUs: null } as const
const scaleOf = (fromUs: number, toUs: number, width = 1000): TimeScale => ({ fromUs, toUs, left: 0, width })

const ranges = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 51 }), fc.integer({ min: SHORTEST_RANGE_US, max: LONGEST_RANGE_US }))
  .map(([fromUs, span]) => ({ fromUs, toUs: fromUs + span }))

describe('time scale', () => {
  it('converts time and pixels as inverses', () => {
    fc.assert(
      fc.property(
        ranges,
        fc.integer({ min: 50, max: 4000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (range, width, at) => {
          const scale = { ...range, left: 120, width }
          const timeUs = range.fromUs + at * (range.toUs - range.fromUs)
          // A double near 2^51 resolves half a microsecond.
          expect(Math.abs(xToTime(scale, timeToX(scale, timeUs)) - timeUs)).toBeLessThan(1.01)
        },
      ),
    )
  })

  it('keeps the time under the pointer in place while zooming', () => {
    fc.assert(
      fc.property(
        ranges,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (range, at, factor) => {
          const atUs = range.fromUs + at * (range.toUs - range.fromUs)
          const zoomed = zoomRange(range, atUs, factor)
          const span = zoomed.toUs - zoomed.fromUs
          expect(span).toBeGreaterThanOrEqual(SHORTEST_RANGE_US - 1)
          expect(span).toBeLessThanOrEqual(LONGEST_RANGE_US + 1)
          expect(Math.abs(timeToX({ ...zoomed, left: 0, width: 1000 }, atUs) - at * 1000)).toBeLessThan(30)
        },
      ),
    )
  })

  it('does not pan out of sight', () => {
    const far = panRange({ fromUs: 0, toUs: 100 }, 1e9, 0, 1000)
    expect(far).toEqual({ fromUs: 990, toUs: 1090 })
    expect(panRange({ fromUs: 0, toUs: 100 }, -1e9, 0, 1000)).toEqual({ fromUs: -90, toUs: 10 })
  })

  it('fits with a margin on both sides', () => {
    expect(fitRange(1_000_000, 2_000_000)).toEqual({ fromUs: 980_000, toUs: 2_020_000 })
  })
})

describe('ticks', () => {
  it('lie at round seconds, with the full time at each minute', () => {
    const labels = timeTicks(scaleOf(T0 - 4 * 1e6, T0 + 12.5 * 1e6), utc).map((tick) => tick.label)
    expect(labels).toEqual(['14:02:56', ':58', '14:03:00', ':02', ':04', ':06', ':08', ':10', ':12'])
  })

  it('show milliseconds at a narrow range', () => {
    const labels = timeTicks(scaleOf(T0 + 5_850_000, T0 + 6_150_000), utc).map((tick) => tick.label)
    expect(labels).toEqual(['14:03:05.850', '.900', '.950', '14:03:06', '.050', '.100', '.150'])
  })

  it('count from the first packet in that base', () => {
    const reading = { base: 'start', startUs: T0 + 123_456, cursorUs: null } as const
    const ticks = timeTicks(scaleOf(T0 + 123_456, T0 + 123_456 + 10e6), reading)
    expect(ticks.map((tick) => tick.label).slice(0, 3)).toEqual(['+0 s', '+1 s', '+2 s'])
    const before = timeTicks(scaleOf(T0 - 2e6, T0 + 123_456), reading)
    expect(before[0]?.label).toBe('−2.000 s')
  })

  it('are few, ordered and inside the range, whatever the range', () => {
    fc.assert(
      fc.property(ranges, fc.constantFrom('local', 'utc', 'start', 'cursor'), (range, base) => {
        const reading = { base, startUs: range.fromUs - 5, cursorUs: range.toUs }
        const ticks = timeTicks({ ...range, left: 0, width: 1200 }, reading)
        expect(ticks.length).toBeLessThanOrEqual(15)
        for (const [index, tick] of ticks.entries()) {
          expect(tick.timeUs).toBeGreaterThanOrEqual(range.fromUs - 1)
          expect(tick.timeUs).toBeLessThanOrEqual(range.toUs + 1)
          if (index > 0) expect(tick.timeUs).toBeGreaterThan(ticks[index - 1]?.timeUs ?? 0)
        }
      }),
    )
  })
})
