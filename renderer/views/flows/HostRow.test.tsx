// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { fakeSnapshot } from '../../testing/fake-engine.ts'
import { mount } from '../../testing/mount.tsx'
import { HostRow } from './HostRow.tsx'

async function textOf(change: Partial<SessionSnapshot>): Promise<{ text: string; bad: number }> {
  const view = await mount(<HostRow snapshot={fakeSnapshot(change)} />)
  const found = { text: view.host.textContent ?? '', bad: view.host.querySelectorAll('[data-bad="true"]').length }
  view.unmount()
  return found
}

const none = { objects: 0, bytes: 0 }
const losses = { network: { objects: 2, bytes: 10 }, host: none, capture: none, sender: none, unknown: none }

it('is absent without host data and losses', async () => {
  expect(await textOf({})).toEqual({ text: '', bad: 0 })
})

it('separates drops and lag of this computer from other losses', async () => {
  const quiet = await textOf({ hostDrops: 0, eventLoopLagMs: 3 })
  expect(quiet).toMatchObject({ text: expect.stringContaining('dropped 0 packets'), bad: 0 })
  const busy = await textOf({ hostDrops: 312, eventLoopLagMs: 840, losses })
  expect(busy.text).toContain('dropped 312 packets')
  expect(busy.text).toContain('lag 840 ms')
  expect(busy.text).toContain('lost before this computer: 2 objects, 10 B')
  expect(busy.bad).toBe(3)
  const captured = await textOf({
    hostDrops: 5,
    captureDrops: 5,
    losses: { ...losses, capture: { objects: 1, bytes: 0 } },
  })
  expect(captured.text).toContain('the computer that made the capture dropped 5 packets')
  expect(captured.text).toContain('lost by the computer that made the capture: 1 object')
  expect(captured.text).not.toContain('by this computer')
  expect((await textOf({ losses })).text).toContain('no drops reported')
  const source = { ...fakeSnapshot().source, live: true } as const
  expect((await textOf({ source, eventLoopLagMs: 3 })).text).toContain('drops not counted by the system')
})
