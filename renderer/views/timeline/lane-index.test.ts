import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../testing/snapshot-rows.ts'
import { LaneIndex } from './lane-index.ts'

const order = (index: LaneIndex, channel: number): number[] => {
  const rows = index.rows(channel)
  return rows === undefined ? [] : [...rows.order.subarray(0, rows.count)]
}

describe('lane index', () => {
  it('sorts the rows of each channel by their first packet, whatever their order of arrival', () => {
    const bars = fc.array(
      fc.record({ channel: fc.integer({ min: 0, max: 2 }), fromUs: fc.integer({ min: 0, max: 50 }) }),
    )
    fc.assert(
      fc.property(fc.array(bars, { maxLength: 5 }), (batches) => {
        const columns = columnsOf([])
        const index = new LaneIndex(columns)
        let count = 0
        for (const batch of batches) {
          columnsOf(
            batch.map((bar) => ({ ...bar, toUs: bar.fromUs + 5 })),
            columns,
            count,
          )
          count += batch.length
          index.sync()
        }
        const all = batches.flat()
        for (const channel of [0, 1, 2]) {
          const rows = order(index, channel)
          expect(rows).toHaveLength(all.filter((bar) => bar.channel === channel).length)
          const times = rows.map((row) => columns.values.firstTimeUs[row] ?? 0)
          expect(times).toEqual([...times].sort((a, b) => a - b))
          for (const [place, row] of rows.entries()) expect(index.place(row)).toBe(place)
        }
      }),
    )
  })

  it('finds an object that starts long before the range and ends inside', () => {
    const columns = columnsOf([
      { channel: 0, fromUs: 0, toUs: 1000 },
      { channel: 0, fromUs: 10, toUs: 20 },
      { channel: 0, fromUs: 900, toUs: 950 },
    ])
    const index = new LaneIndex(columns)
    index.sync()
    const rows = index.rows(0)
    expect(rows && index.firstVisible(0, rows, 890)).toBe(0)
    expect(rows && index.firstVisible(0, rows, 1_000_000)).toBe(3)
  })

  it('starts over with the columns', () => {
    const columns = columnsOf([{ channel: 0, fromUs: 5, toUs: 6 }])
    const index = new LaneIndex(columns)
    index.sync()
    columns.clear()
    columnsOf([{ channel: 1, fromUs: 1, toUs: 2 }], columns)
    index.sync()
    expect([order(index, 0), order(index, 1)]).toEqual([[], [0]])
  })
})
