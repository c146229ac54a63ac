import { expect, it } from 'vitest'
import { fakeSnapshot } from '../../testing/fake-engine.ts'
import { SessionEdge } from './session-edge.ts'

const snapshotAt = (lastTimeUs: number, change: Partial<ReturnType<typeof fakeSnapshot>> = {}) => {
  const snapshot = fakeSnapshot({ phase: 'running', ...change })
  return { ...snapshot, source: { ...snapshot.source, live: true, pace: null, lastTimeUs } }
}

it('goes on by the clock where no packet comes, and never back', () => {
  const edge = new SessionEdge()
  expect(edge.at(snapshotAt(50e6), 1000)).toBe(50e6)
  expect(edge.at(snapshotAt(50e6), 4500)).toBe(53.5e6)
  // The packet that came at 53.2 s is told half a second later.
  expect(edge.at(snapshotAt(53.2e6), 5000)).toBe(53.5e6)
  expect(edge.at(snapshotAt(53.2e6), 6000)).toBe(54.2e6)
})

it('ends with the last packet of a session that has ended, and of a capture read as fast as possible', () => {
  const edge = new SessionEdge()
  edge.at(snapshotAt(50e6), 1000)
  expect(edge.at(snapshotAt(50e6, { phase: 'stopped' }), 9000)).toBe(50e6)
  const capture = fakeSnapshot({ phase: 'running', receives: true })
  const fast = { ...capture, source: { ...capture.source, live: false, pace: 'fast' as const, lastTimeUs: 60e6 } }
  edge.at(fast, 9000)
  expect(edge.at(fast, 99_000)).toBe(60e6)
})
