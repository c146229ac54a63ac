import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectRow } from '../../../core/contract/object-table.ts'
import { packRows } from '../../../core/contract/packed-rows.ts'
import { FakeEngine, fakeRow } from '../../testing/fake-engine.ts'
import { ObjectList } from './object-list.ts'

const QUERY = { filter: '', sort: { column: 'firstTimeUs', descending: false } } as const

let rows: ObjectRow[]
let engine: FakeEngine
let list: ObjectList

/** An engine whose views are copies of `rows` at the time of the query. */
beforeEach(() => {
  rows = Array.from({ length: 300 }, (_, index) => fakeRow(index))
  const views: ObjectRow[][] = []
  const view = () => {
    views.push([...rows])
    return { viewId: views.length - 1, total: rows.length, error: null }
  }
  engine = new FakeEngine({
    queryObjects: view,
    refreshObjects: view,
    objectRows: (_session, viewId, from, to) => packRows((views[viewId] ?? []).slice(from, to)),
    objectPosition: (_session, viewId, index) => (views[viewId] ?? []).findIndex((row) => row.index === index),
  })
  list = new ObjectList(engine, 's1')
})

describe('the object list', () => {
  it('starts with its first rows, and fetches others on demand', async () => {
    await list.setQuery(QUERY)
    expect(list.state()).toMatchObject({ total: 300, ready: true, filterError: null })
    expect(list.row(0)?.index).toBe(0)
    expect(list.row(200)).toBeNull()
    list.want(190, 230)
    await settled()
    expect(list.row(200)?.index).toBe(200)
  })

  it('requests a page once', async () => {
    await list.setQuery(QUERY)
    const before = engine.calls.length
    list.want(130, 140)
    list.want(131, 141)
    await settled()
    expect(engine.calls.slice(before).filter((call) => call.name === 'objectRows')).toHaveLength(1)
  })

  it('fetches rows when a dragged scrollbar slows down, not those it passes', async () => {
    rows = Array.from({ length: 50_000 }, (_, index) => fakeRow(index))
    await list.setQuery(QUERY)
    const before = engine.calls.length
    vi.useFakeTimers()
    try {
      for (let at = 1000; at <= 40_000; at += 1000) {
        list.want(at, at + 20)
        vi.advanceTimersByTime(16)
      }
      const fetched = () => engine.calls.slice(before).filter((call) => call.name === 'objectRows').length
      const passed = fetched()
      expect(passed).toBeLessThanOrEqual(2)
      vi.advanceTimersByTime(100)
      expect(fetched()).toBeGreaterThan(passed)
    } finally {
      vi.useRealTimers()
    }
    await settled()
    expect(list.row(40_000)?.index).toBe(40_000)
  })

  it('shows new objects after a refresh', async () => {
    list.setCount(300)
    await list.setQuery(QUERY)
    rows = [...rows, fakeRow(300), fakeRow(301)]
    list.setCount(302)
    expect(list.state()).toMatchObject({ total: 300, newer: 2 })
    await list.refresh()
    expect(list.state()).toMatchObject({ total: 302, newer: 0 })
  })

  it('keeps the selected object when others are inserted before it', async () => {
    await list.setQuery(QUERY)
    list.selectPosition(3)
    rows = [fakeRow(300), ...rows]
    await list.refresh()
    expect(list.state().selected).toBe(4)
  })

  it('locates an object selected elsewhere, or reports it hidden', async () => {
    await list.setQuery(QUERY)
    await list.setObject(250)
    expect(list.state().selected).toBe(250)
    await list.setObject(9999)
    expect(list.state().selected).toBe(-1)
  })

  it('fetches only rows again that still change', async () => {
    rows[10] = fakeRow(10, { state: 'receiving', received: 10 })
    // Signalling has not described it yet.
    rows[12] = fakeRow(12, { role: 'unknown', name: null })
    await list.setQuery(QUERY)
    list.want(0, 40)
    const before = engine.calls.length
    await list.refetchChanging()
    expect(engine.calls.slice(before)).toMatchObject([{ name: 'objectRows', args: ['s1', 0, 10, 13] }])
  })

  it('keeps its rows when the engine fails', async () => {
    await list.setQuery(QUERY)
    delete engine.answers.queryObjects
    await list.setQuery({ ...QUERY, filter: 'tsi:1' })
    expect(list.state().failed).not.toBeNull()
    expect(list.row(0)?.index).toBe(0)
  })

  it('applies the last of overlapping queries', async () => {
    const slow = list.setQuery({ ...QUERY, filter: 'a' })
    rows = rows.slice(0, 7)
    const last = list.setQuery({ ...QUERY, filter: 'ab' })
    await Promise.all([slow, last])
    expect(list.state().total).toBe(7)
  })
})

/** Waits for all replies: the fake replies within a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
