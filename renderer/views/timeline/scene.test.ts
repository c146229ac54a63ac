import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bar, channel, columnsOf, servedRequest, service, table } from '../../testing/snapshot-rows.ts'
import { LaneIndex } from './lane-index.ts'
import { layoutLanes } from './lanes.ts'
import { buildScene, MARK, Scene } from './scene.ts'

const WIDTH = 1000

/** One pixel is one millisecond from 0. */
function sceneOf(bars: readonly Bar[], change: { fromUs?: number; toUs?: number; bottom?: number } = {}) {
  const columns = columnsOf(bars)
  const index = new LaneIndex(columns)
  index.sync()
  const numbers = [...new Set(bars.map((bar) => bar.channel))]
  const layout = layoutLanes(
    [service(1)],
    numbers.map((number) => channel(number)),
    [],
    null,
  )
  const scene = new Scene()
  const scale = { fromUs: change.fromUs ?? 0, toUs: change.toUs ?? 1_000_000, left: 0, width: WIDTH }
  buildScene(scene, { layout, columns, index, scale, top: 0, bottom: change.bottom ?? 10_000 })
  return marksOf(scene)
}

function marksOf(scene: Scene) {
  return Array.from({ length: scene.count }, (_, at) => ({
    kind: scene.kind[at],
    row: scene.row[at],
    x0: scene.x0[at] ?? 0,
    x1: scene.x1[at] ?? 0,
    fill: scene.fill[at] ?? 0,
  }))
}

const ms = (bar: number, from: number, to: number, change: Partial<Bar> = {}): Bar => ({
  channel: bar,
  fromUs: from * 1000,
  toUs: to * 1000,
  ...change,
})

describe('scene', () => {
  it('marks complete objects with bytes recovered by FEC', () => {
    const marks = sceneOf([
      ms(0, 100, 200, { received: 900, recovered: 100 }),
      ms(0, 300, 400, { state: 'partial', received: 800, recovered: 100 }),
    ])
    expect(marks.map(({ kind, fill }) => [kind, Math.round(fill * 100)])).toEqual([
      [MARK.repaired, 100],
      [MARK.partial, 90],
    ])
  })

  it('draws wide objects separately, by state, with their share', () => {
    const marks = sceneOf([
      ms(0, 100, 200),
      ms(0, 300, 400, { state: 'partial', received: 900 }),
      ms(0, 500, 600, { state: 'truncated' }),
      ms(0, 700, 701, { state: 'receiving', received: 250 }),
    ])
    expect(marks.map(({ kind, row, x0 }) => [kind, row, x0])).toEqual([
      [MARK.complete, 0, 100],
      [MARK.partial, 1, 300],
      [MARK.truncated, 2, 500],
      [MARK.receiving, 3, 700],
    ])
    expect(marks[1]?.fill).toBeCloseTo(0.9)
    expect(marks[3]?.fill).toBeCloseTo(0.25)
    expect(marks[3]?.x1).toBe(702)
  })

  it('joins objects narrower than a pixel into runs, and marks the column with a partial one', () => {
    const bars = Array.from({ length: 1000 }, (_, at) =>
      ms(0, 100 + at * 0.1, 100.08 + at * 0.1, at === 500 ? { state: 'partial' } : {}),
    )
    const marks = sceneOf(bars)
    expect(marks.map(({ kind, x0, x1 }) => [kind, x0, x1])).toEqual([
      [MARK.crowd, 100, 150],
      [MARK.partialCrowd, 150, 152],
      [MARK.crowd, 151, 200],
    ])
    expect(marks[0]?.fill).toBe(1)
  })

  it('draws a single narrow object at the minimum width', () => {
    const [mark] = sceneOf([ms(0, 500, 500.01)])
    expect(mark).toMatchObject({ kind: MARK.crowd, x0: 500, x1: 502 })
  })

  it('draws a repeated object as its first arrival and a band to the last repeat', () => {
    const marks = sceneOf([ms(0, 100, 900, { repeats: 7 })])
    expect(marks.map(({ kind, x0, x1 }) => [kind, x0, x1])).toEqual([
      [MARK.repeats, 100, 900],
      [MARK.crowd, 100, 102],
    ])
  })

  it('omits objects outside the range or the visible lanes', () => {
    const bars = [ms(0, 0, 50), ms(0, 480, 520), ms(1, 490, 510)]
    expect(sceneOf(bars, { fromUs: 400_000, toUs: 600_000 }).map((mark) => mark.row)).toEqual([1, 2])
    expect(sceneOf(bars, { fromUs: 400_000, toUs: 600_000, bottom: 40 }).map((mark) => mark.row)).toEqual([1])
  })

  it('has few marks for many objects, all near the canvas', () => {
    const bar = fc.record({
      channel: fc.integer({ min: 0, max: 1 }),
      fromUs: fc.integer({ min: 0, max: 20_000_000 }),
      length: fc.integer({ min: 0, max: 5_000_000 }),
      state: fc.constantFrom('receiving', 'complete', 'partial', 'truncated'),
      repeats: fc.integer({ min: 0, max: 1 }),
    })
    fc.assert(
      fc.property(fc.array(bar, { maxLength: 60 }), fc.integer({ min: 0, max: 20_000_000 }), (bars, fromUs) => {
        const marks = sceneOf(
          bars.map(({ length, ...rest }) => ({ ...rest, toUs: rest.fromUs + length }) as Bar),
          { fromUs, toUs: fromUs + 500_000 },
        )
        for (const mark of marks) {
          expect(mark.x0).toBeGreaterThanOrEqual(-4)
          expect(mark.x1).toBeLessThanOrEqual(WIDTH + 6)
          expect(mark.x1).toBeGreaterThan(mark.x0)
        }
      }),
    )
    const dense = Array.from({ length: 20_000 }, (_, at) => ms(0, at * 0.05, at * 0.05 + 0.02))
    expect(sceneOf(dense).length).toBeLessThanOrEqual(WIDTH)
  })

  it('marks the first and the last arrival of LLS tables', () => {
    const columns = columnsOf([])
    const layout = layoutLanes([], [], [table('slt', { count: 4, firstTimeUs: 100_000, lastTimeUs: 900_000 })], null)
    const scene = new Scene()
    const scale = { fromUs: 0, toUs: 1_000_000, left: 0, width: WIDTH }
    buildScene(scene, { layout, columns, index: new LaneIndex(columns), scale, top: 0, bottom: 100 })
    expect(marksOf(scene).map(({ kind, x0 }) => [kind, x0])).toEqual([
      [MARK.table, 100],
      [MARK.table, 900],
      [MARK.repeats, 100],
    ])
  })

  it('marks requests by how they ended, those in sight only', () => {
    const columns = columnsOf([])
    const requests = [
      servedRequest(1, { timeUs: 100_000, durationUs: 50_000 }),
      servedRequest(2, { timeUs: 200_000, durationUs: 10, status: 404 }),
      servedRequest(3, { timeUs: 300_000, durationUs: null, state: 'waiting', status: null }),
      servedRequest(4, { timeUs: 2_000_000 }),
    ]
    const layout = layoutLanes([], [], [], null, requests)
    const scene = new Scene()
    const scale = { fromUs: 0, toUs: 1_000_000, left: 0, width: WIDTH }
    buildScene(scene, { layout, columns, index: new LaneIndex(columns), scale, top: 0, bottom: 100 })
    expect(marksOf(scene).map(({ kind, x0, x1 }) => [kind, x0, x1])).toEqual([
      [MARK.crowd, 100, 150],
      [MARK.partialCrowd, 200, 202],
      [MARK.crowd, 300, 302],
    ])
  })
})
