import { describe, expect, it } from 'vitest'
import { bufferedAhead, nextBuffered } from './video-facts.ts'

/** Buffered ranges, seconds. */
const ranges = (...list: [number, number][]) => ({
  length: list.length,
  start: (at: number) => list[at]?.[0] ?? 0,
  end: (at: number) => list[at]?.[1] ?? 0,
})

describe('what is buffered', () => {
  it('is the beginning of the next range where nothing is buffered', () => {
    expect(nextBuffered(ranges([4, 6], [8, 10]), 1)).toBe(4)
    expect(nextBuffered(ranges([8, 10], [4, 6]), 6)).toBe(8)
  })

  it('is nothing to go to where something is buffered, or nothing comes', () => {
    expect(nextBuffered(ranges([0, 2], [4, 6]), 1)).toBeNull()
    expect(nextBuffered(ranges([0, 2]), 3)).toBeNull()
    expect(nextBuffered(ranges(), 0)).toBeNull()
  })

  it('goes on over small gaps', () => {
    expect(bufferedAhead(ranges([0, 2], [2.2, 4]), 1)).toBe(3)
    expect(bufferedAhead(ranges([0, 2], [3, 4]), 1)).toBe(1)
  })
})
