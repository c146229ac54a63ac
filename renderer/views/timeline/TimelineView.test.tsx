// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { runCommand } from '../../stores/command-store.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { clearSelection, selectionStore, selectObject } from '../../stores/selection-store.ts'
import { applySections, showNoSession, showSession } from '../../stores/session-store.ts'
import { resetTime, setTimeRange, timeStore } from '../../stores/time-store.ts'
import { fakeSnapshot, sectionsOf } from '../../testing/fake-engine.ts'
import { type Mounted, mount } from '../../testing/mount.tsx'
import { type Bar, channel, columnsOf, service } from '../../testing/snapshot-rows.ts'
import { TimelineView } from './TimelineView.tsx'

const S = 1_000_000
const bars: readonly Bar[] = [
  { channel: 0, fromUs: 10 * S, toUs: 11 * S },
  { channel: 1, fromUs: 10.5 * S, toUs: 11 * S, state: 'partial' },
  { channel: 0, fromUs: 12 * S, toUs: 13 * S },
  { channel: 0, fromUs: 14 * S, toUs: 15 * S, state: 'partial' },
]

let view: Mounted

function snapshot(change: Partial<SessionSnapshot> = {}, lastTimeUs = 15 * S): SessionSnapshot {
  const base = fakeSnapshot({
    phase: 'finished',
    services: [service(1)],
    channels: [channel(0), channel(1)],
    ...change,
  })
  return { ...base, source: { ...base.source, firstTimeUs: 10 * S, lastTimeUs, ...change.source } }
}

const live = { ...fakeSnapshot().source, live: true, pace: null, firstTimeUs: 0, lastTimeUs: 15 * S } as const

beforeEach(async () => {
  showSession('s1', null)
  view = await mount(<TimelineView />)
})

afterEach(() => {
  view.unmount()
  objectColumns.clear()
  clearSelection()
  showNoSession()
  resetTime()
})

async function show(state: SessionSnapshot, rows = bars): Promise<void> {
  await act(async () => {
    applySections(sectionsOf(state))
    columnsOf(rows, objectColumns)
  })
}

const run = (id: string) => act(async () => runCommand(`timeline-${id}`))
const selected = () => selectionStore.getState().objectIndex

const LOADED = performance.now()

describe('timeline', () => {
  it('shows a placeholder without objects', async () => {
    expect(view.host.textContent).toContain('No objects')
    await act(async () => applySections(sectionsOf(fakeSnapshot())))
    expect(view.host.textContent).toContain('A lane appears with the first object of each TSI or asset.')
  })

  it('has a name, and describes itself in words', async () => {
    await show(snapshot({ totals: { ...fakeSnapshot().totals, objects: 4, incomplete: 2 } }))
    const main = view.host.querySelector('[role=application]')
    expect(main?.getAttribute('aria-label')).toBe('Timeline')
    const words = document.getElementById(main?.getAttribute('aria-describedby') ?? '')?.textContent
    expect(words).toContain('4 objects on 2 channels, 2 incomplete.')
    expect(words).toContain('The Objects table lists the same objects')
  })

  it('shows all of a growing capture that is read at full speed', async () => {
    await show(snapshot())
    const { fromUs, toUs, follow } = timeStore.getState()
    expect([fromUs < 10 * S, toUs > 15 * S, toUs - fromUs < 6 * S, follow]).toEqual([true, true, true, true])
  })

  it('follows a live session until the range is moved, then shows the distance to the live edge', async () => {
    // The axis goes on with the clock, at most since this file was loaded.
    const isAt = (us: number): void => {
      const { toUs } = timeStore.getState()
      expect(toUs).toBeGreaterThanOrEqual(us)
      expect(toUs).toBeLessThanOrEqual(us + (performance.now() - LOADED) * 1000)
    }
    await show(snapshot({ phase: 'running', source: live }))
    isAt(16.5 * S)
    await act(async () =>
      applySections(sectionsOf(snapshot({ phase: 'running', source: { ...live, lastTimeUs: 20 * S } }))),
    )
    isAt(21.5 * S)
    await run('earlier')
    const { toUs, follow } = timeStore.getState()
    expect(follow).toBe(false)
    await act(async () =>
      applySections(sectionsOf(snapshot({ phase: 'running', source: { ...live, lastTimeUs: 40 * S } }))),
    )
    expect(timeStore.getState().toUs).toBe(toUs)
    const behind = Number(/([\d.]+) s behind live/.exec(view.host.textContent ?? '')?.[1])
    expect(behind).toBeGreaterThanOrEqual(22.9)
    expect(behind).toBeLessThanOrEqual(23.1 + (performance.now() - LOADED) / 1000)
    await run('follow')
    expect(timeStore.getState()).toMatchObject({ follow: true })
    expect(view.host.textContent).not.toContain('behind live')
  })

  it('steps along a lane and stops at its ends', async () => {
    await show(snapshot())
    await act(async () => selectObject(0))
    await run('previous')
    expect(selected()).toBe(0)
    await run('next')
    await run('next')
    expect(selected()).toBe(3)
    await run('next')
    expect(selected()).toBe(3)
  })

  it('steps through incomplete objects of all lanes in time', async () => {
    await show(snapshot())
    await run('next-problem')
    expect(selected()).toBe(1)
    await run('next-problem')
    expect(selected()).toBe(3)
    await run('next-problem')
    expect(selected()).toBe(3)
    await run('previous-problem')
    expect(selected()).toBe(1)
  })

  it('brings a selected object into view without changing the width', async () => {
    await show(snapshot())
    await act(async () => setTimeRange(100 * S, 104 * S))
    await act(async () => selectObject(2))
    const { fromUs, toUs } = timeStore.getState()
    expect(toUs - fromUs).toBeCloseTo(4 * S)
    expect((fromUs + toUs) / 2).toBeCloseTo(12.5 * S)
  })

  it('focuses the selected object, and shows everything on the second press', async () => {
    await show(snapshot())
    await act(async () => selectObject(2))
    await run('fit')
    expect(timeStore.getState()).toMatchObject({ fromUs: 11 * S, toUs: 14 * S })
    await run('fit')
    expect(timeStore.getState().fromUs).toBeLessThan(10 * S)
  })

  it('zooms round the cursor where it is in view', async () => {
    await show(snapshot())
    await act(async () => {
      setTimeRange(10 * S, 20 * S)
      timeStore.setState({ cursorUs: 12 * S })
    })
    await run('zoom-in')
    const { fromUs, toUs } = timeStore.getState()
    expect((12 * S - fromUs) / (toUs - fromUs)).toBeCloseTo(0.2)
  })

  it('removes its keys when it is unmounted', async () => {
    view.unmount()
    await run('fit')
    expect(timeStore.getState().toUs).toBe(0)
    view = await mount(null)
  })
})
