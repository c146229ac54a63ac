import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../testing/snapshot-rows.ts'
import { Overview, overviewGrip } from './overview.ts'

describe('overview', () => {
  it('counts each byte once over the time of its object, and marks incomplete objects at their start', () => {
    const overview = new Overview()
    overview.rebuild(
      columnsOf([
        { channel: 0, fromUs: 0, toUs: 600_000, received: 600 },
        { channel: 0, fromUs: 300_000, toUs: 300_500, state: 'partial', received: 300 },
        { channel: 0, fromUs: 100_000, toUs: 600_000, received: 40, repeats: 9 },
      ]),
    )
    expect(overview.bytes.reduce((sum, value) => sum + value, 0)).toBeCloseTo(940)
    expect(overview.bytes[100]).toBeCloseTo(41)
    expect([...overview.partial.keys()].filter((bucket) => overview.partial[bucket] === 1)).toEqual([300])
    expect(overview.peak).toBeGreaterThan(300)
  })

  it('says what its height is', () => {
    const overview = new Overview()
    // 600 buckets of 1 ms: 125 bytes in each are 1 Mb/s.
    overview.rebuild(columnsOf([{ channel: 0, fromUs: 0, toUs: 600_000, received: 75_000 }]))
    expect(overview.peakText).toMatch(/^peak (1\.00 Mb|99\d kb)\/s$/)
    // A few packets of one moment have any rate.
    overview.rebuild(columnsOf([{ channel: 0, fromUs: 0, toUs: 3000, received: 75_000 }]))
    expect(overview.peakText).toBe('')
  })

  it('is empty without rows', () => {
    const overview = new Overview()
    overview.rebuild(columnsOf([]))
    expect([overview.fromUs, overview.toUs, overview.peak]).toEqual([0, 0, 0])
  })

  it('has grips at its ends and middle, and a new range elsewhere', () => {
    const scale = { fromUs: 0, toUs: 1000, left: 0, width: 1000 }
    const range = { fromUs: 200, toUs: 400 }
    expect([198, 300, 403, 600].map((x) => overviewGrip(scale, range, x))).toEqual(['from', 'move', 'to', 'new'])
  })
})
