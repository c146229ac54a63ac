import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ARRIVAL, SequenceCounter } from './mmtp-counter.ts'

const run = (...sequences: number[]): SequenceCounter => {
  const counter = new SequenceCounter()
  for (const sequence of sequences) counter.take(sequence >>> 0)
  return counter
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

describe('SequenceCounter', () => {
  it('counts gaps, late packets and duplicates, over the wrap too', () => {
    expect(run(1, 2, 3)).toMatchObject({ lost: 0, duplicates: 0, outOfOrder: 0 })
    expect(run(0xffff_fffe, 0xffff_ffff, 0, 1)).toMatchObject({ lost: 0, duplicates: 0, outOfOrder: 0 })
    expect(run(0xffff_fffe, 1)).toMatchObject({ lost: 2, gaps: 1 })
    expect(run(0xffff_fffe, 1, 0xffff_ffff, 0)).toMatchObject({ lost: 0, outOfOrder: 2 })
    expect(run(5, 7, 6, 6, 7)).toMatchObject({ lost: 0, outOfOrder: 1, duplicates: 2 })
  })

  it('misses nothing before the first', () => {
    const counter = run(100, 101)
    expect(counter.take(99)).toBe(ARRIVAL.late)
    expect(counter.take(99)).toBe(ARRIVAL.duplicate)
    expect(counter).toMatchObject({ lost: 0, lostForSure: 0 })
    expect(run(100, 103, 98)).toMatchObject({ lost: 2 })
  })

  it('distinguishes late numbers from lost ones', () => {
    const counter = run(...range(0, 100), ...range(103, 200))
    expect(counter).toMatchObject({ lost: 3, lostForSure: 0 })
    for (const sequence of range(200, 500)) counter.take(sequence)
    expect(counter).toMatchObject({ lost: 3, lostForSure: 3 })
  })

  it('accepts another count when it continues, but no single stray number', () => {
    expect(run(...range(0, 10), 0x8000_0000, ...range(10, 20))).toMatchObject({ lost: 0, restarts: 0 })
    expect(run(...range(5000, 5010), ...range(7, 20))).toMatchObject({ lost: 0, restarts: 1 })
  })

  it('agrees with counting by hand, for any loss, order and repetition within its window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.array(fc.record({ lost: fc.boolean(), delay: fc.nat(100), twice: fc.boolean() }), {
          minLength: 2,
          maxLength: 300,
        }),
        (start, packets) => {
          const arrivals = packets.flatMap(({ lost, delay, twice }, index) => {
            const sequence = (start + index) >>> 0
            const first = index === 0 || index === packets.length - 1
            if (lost && !first) return []
            const at = first ? index : index + delay / 10
            return twice
              ? [
                  { at, sequence },
                  { at: at + 5, sequence },
                ]
              : [{ at, sequence }]
          })
          arrivals.sort((a, b) => a.at - b.at)
          const counter = new SequenceCounter()
          for (const { sequence } of arrivals) counter.take(sequence)
          const lost = packets.filter((packet, index) => packet.lost && index > 0 && index < packets.length - 1).length
          const twice = packets.filter(
            (packet, index) => packet.twice && !(packet.lost && index > 0 && index < packets.length - 1),
          )
          expect(counter.lost).toBe(lost)
          expect(counter.duplicates).toBe(twice.length)
        },
      ),
    )
  })
})
