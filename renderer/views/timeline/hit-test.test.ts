import { describe, expect, it } from 'vitest'
import { type Bar, channel, columnsOf, servedRequest, service, table } from '../../testing/snapshot-rows.ts'
import { hitTest } from './hit-test.ts'
import { LaneIndex } from './lane-index.ts'
import { GROUP_HEIGHT, layoutLanes } from './lanes.ts'

const scale = { fromUs: 0, toUs: 1_000_000, left: 0, width: 1000 }
const bars: readonly Bar[] = [
  { channel: 0, fromUs: 100_000, toUs: 200_000 },
  { channel: 0, fromUs: 205_000, toUs: 300_000 },
  { channel: 0, fromUs: 0, toUs: 900_000, repeats: 3 },
  { channel: 0, fromUs: 950_000, toUs: 950_010 },
]

const requests = [
  servedRequest(1, { timeUs: 100_000, durationUs: 300_000 }),
  servedRequest(2, { timeUs: 300_000, durationUs: 10_000 }),
]

function hit(x: number, y: number) {
  const columns = columnsOf(bars)
  const index = new LaneIndex(columns)
  index.sync()
  const layout = layoutLanes([service(1)], [channel(0)], [table('slt', { firstTimeUs: 400_000 })], null, requests)
  return hitTest(layout, columns, index, scale, x, y)
}

describe('hit test', () => {
  const onLane = GROUP_HEIGHT + 10

  it('finds the object under the pointer, the shorter one of two', () => {
    expect(hit(150, onLane)).toEqual({ kind: 'object', row: 0, lane: 1 })
    expect(hit(500, onLane)).toEqual({ kind: 'object', row: 2, lane: 1 })
  })

  it('finds the nearest object within a few pixels', () => {
    expect(hit(948, onLane)).toEqual({ kind: 'object', row: 3, lane: 1 })
    expect(hit(930, onLane)).toEqual({ kind: 'nothing', lane: 1 })
  })

  it('finds nothing on headings and below the lanes', () => {
    expect(hit(150, 5)).toEqual({ kind: 'nothing', lane: 0 })
    expect(hit(150, 5000)).toEqual({ kind: 'nothing', lane: -1 })
  })

  it('finds LLS tables by their ticks', () => {
    expect(hit(402, GROUP_HEIGHT + 24 + 5)).toEqual({ kind: 'table', key: 'slt', lane: 2 })
    expect(hit(500, GROUP_HEIGHT + 24 + 5)).toEqual({ kind: 'nothing', lane: 2 })
  })

  it('finds the request under the pointer, of two the one that began last', () => {
    const y = GROUP_HEIGHT + 24 + 16 + 5
    const found = [150, 305, 390, 402, 500].map((x) => {
      const one = hit(x, y)
      return one.kind === 'request' ? one.request.number : null
    })
    expect(found).toEqual([1, 2, 1, 1, null])
  })
})
