import { describe, expect, it } from 'vitest'
import { seededBelow } from '../../testing/seeded.ts'
import { SkippedMpus } from './skipped-mpus.ts'

const MOST_BACK = 64

describe('MPUs without packets', () => {
  it('are counted, and no longer where they arrive late, also where numbers wrap', () => {
    const below = seededBelow(7)
    const skipped = new SkippedMpus()
    const absent = new Set<number>()
    let newest = 2 ** 32 - 500
    for (let turn = 0; turn < 5000; turn++) {
      const missed = below(3) === 0 ? below(MOST_BACK) : 0
      for (let step = 1; step <= missed; step++) absent.add((newest + step) >>> 0)
      newest = (newest + missed + 1) >>> 0
      skipped.newest(newest, missed)
      const late = (newest - below(MOST_BACK)) >>> 0
      absent.delete(late)
      skipped.late(late)
      expect(skipped.count).toBe(absent.size)
    }
    expect(skipped.count).toBeGreaterThan(1000)
  })

  it('stay counted where the encoder counts anew', () => {
    const skipped = new SkippedMpus()
    skipped.newest(10, 5)
    skipped.restart()
    skipped.late(7)
    expect(skipped.count).toBe(5)
  })
})
