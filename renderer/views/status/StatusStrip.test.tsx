// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, expect, it } from 'vitest'
import { applySections, showNoSession, showSession } from '../../stores/session-store.ts'
import { fakeSnapshot, sectionsOf } from '../../testing/fake-engine.ts'
import { type Mounted, mount } from '../../testing/mount.tsx'
import { StatusStrip } from './StatusStrip.tsx'

let view: Mounted | null = null
afterEach(() => {
  view?.unmount()
  showNoSession()
})

async function strip(
  eventLoopLagMs: number | null,
  hostDrops: number | null,
  captureDrops: number | null = null,
): Promise<Mounted> {
  showSession('s1', null)
  view = await mount(<StatusStrip />)
  await act(async () => applySections(sectionsOf(fakeSnapshot({ eventLoopLagMs, hostDrops, captureDrops }))))
  return view
}

const bad = ({ host }: Mounted) => [...host.querySelectorAll('[data-bad=true]')].map(({ textContent }) => textContent)

it('shows a delay that cost no packet without alarm', async () => {
  const shown = await strip(198, 0)
  expect(shown.host.textContent).toContain('Engine delay 198 ms')
  expect(shown.host.textContent).toContain('Packets dropped by the host 0')
  expect(bad(shown)).toEqual([])
})

it('shows a delay that cost packets, and the packets, as bad', async () => {
  expect(bad(await strip(198, 9))).toEqual(['Engine delay 198 ms', 'Packets dropped by the host 9'])
})

it('names whose computer dropped packets: this one, or the one that made the capture', async () => {
  expect(bad(await strip(null, 2, 2))).toEqual(['Dropped by the computer that made the capture 2'])
  view?.unmount()
  const both = await strip(null, 5, 2)
  expect(bad(both)).toEqual(['Packets dropped by the host 3', 'Dropped by the computer that made the capture 2'])
})
