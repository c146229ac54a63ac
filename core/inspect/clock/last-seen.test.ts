import { expect, it } from 'vitest'
import { TestReception } from '../../testing/test-reception.ts'

it('media that arrives is no media of the past, however long its object takes', () => {
  const reception = new TestReception()
  reception.announce([{ tsi: 10, role: 'video', step: 'duration="20"' }])
  reception.init(10)
  const latest = () => reception.columns.views.services(() => null)[0]?.latest.firstMedia ?? null
  reception.segment(10, 1, 500)
  expect(latest()?.timeUs).toBeGreaterThan(reception.timeUs - 200_000)
  const endUs = latest()?.timeUs
  reception.pass(7000)
  expect(latest()?.timeUs).toBe(endUs)
})
