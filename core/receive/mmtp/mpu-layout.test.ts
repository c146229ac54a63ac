import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FRAGMENT_INDICATOR } from '../../protocol/mmtp/mpu-payload.ts'
import { content } from '../../testing/test-session.ts'
import { placeSample } from './mpu-layout.ts'
import type { MpuPart } from './mpu-parts.ts'

const { whole, first, middle, last } = FRAGMENT_INDICATOR

/** One MFU with a whole sample, in pieces of `cut` bytes, with the offsets of such an encoder. */
function fragments(sample: Uint8Array, cut: number, offsets: 'counted' | 'none'): MpuPart[] {
  const count = Math.ceil(sample.length / cut)
  return Array.from({ length: count }, (_, at) => ({
    movieFragment: 1,
    sample: 1,
    sequence: at,
    indicator: count === 1 ? whole : at === 0 ? first : at === count - 1 ? last : middle,
    fragmentCounter: count - 1 - at,
    offset: offsets === 'counted' ? at * cut : 0,
    data: sample.subarray(at * cut, (at + 1) * cut),
  }))
}

const sizes = fc
  .record({ size: fc.integer({ min: 1, max: 3000 }), cut: fc.integer({ min: 20, max: 1500 }) })
  .filter(({ size, cut }) => Math.ceil(size / cut) <= 256)
const offsets = fc.constantFrom('counted' as const, 'none' as const)

describe('the fragments of a sample', () => {
  it('are consecutive where all arrived', () => {
    fc.assert(
      fc.property(sizes, offsets, ({ size, cut }, kind) => {
        const sample = content(size)
        const placed = new Uint8Array(size)
        let end = 0
        for (const { at, data } of placeSample(fragments(sample, cut, kind), size, 0)) {
          expect(at).toBe(end)
          placed.set(data, at)
          end = at + data.length
        }
        expect(end).toBe(size)
        expect(Buffer.compare(placed, sample)).toBe(0)
      }),
    )
  })

  it('are in their places, whichever others are lost', () => {
    fc.assert(
      fc.property(sizes, offsets, fc.array(fc.boolean()), ({ size, cut }, kind, lost) => {
        const sample = content(size)
        const came = fragments(sample, cut, kind).filter((_, at) => lost[at] !== true)
        for (const { at, data } of placeSample(came, size, 0)) {
          // Without offsets and the first fragment the place of the others is unknown.
          if (kind === 'none' && came[0]?.indicator !== first) continue
          expect(Buffer.compare(data, sample.subarray(at, at + data.length))).toBe(0)
        }
      }),
    )
  })

  it('are never outside the sample, whatever their headers', () => {
    const part = fc.record({
      movieFragment: fc.constant(1),
      sample: fc.constant(1),
      sequence: fc.nat(100),
      indicator: fc.constantFrom(whole, first, middle, last),
      fragmentCounter: fc.nat(255),
      offset: fc.nat(0xffff_ffff),
      data: fc.uint8Array({ maxLength: 200 }),
    })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.nat(1000), fc.nat(10_000), (parts, size, offset) => {
        for (const { at, data } of placeSample(parts, size, offset)) {
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at + data.length).toBeLessThanOrEqual(size)
        }
      }),
    )
  })

  it('without offsets are assumed to be of equal length after a hole', () => {
    const sample = content(1000)
    const came = fragments(sample, 100, 'none').filter((_, at) => at !== 3 && at !== 4)
    expect(placeSample(came, 1000, 0).map(({ at }) => at)).toEqual([0, 100, 200, 500, 600, 700, 800, 900])
  })
})
