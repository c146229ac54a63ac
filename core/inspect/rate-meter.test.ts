import { expect, it } from 'vitest'
import { RateMeter } from './rate-meter.ts'

it('has the rate of the last window', () => {
  const meter = new RateMeter()
  const flow = { packets: 0, bytes: 0 }
  meter.sample(0, [flow])
  Object.assign(flow, { packets: 10, bytes: 125_000 })
  meter.sample(500_000, [flow])
  expect(meter.bitsPerSecond(flow)).toBe(0)
  meter.sample(1_000_000, [flow])
  expect([meter.bitsPerSecond(flow), meter.packetsPerSecond(flow)]).toEqual([1_000_000, 10])
  meter.sample(2_000_000, [flow])
  expect(meter.bitsPerSecond(flow)).toBe(0)
})

it('has the mean of the whole session after its end', () => {
  const meter = new RateMeter()
  const flow = { packets: 40, bytes: 500_000 }
  meter.sample(0, [flow])
  meter.settle(4_000_000, [flow])
  meter.sample(60_000_000, [flow])
  expect([meter.bitsPerSecond(flow), meter.packetsPerSecond(flow)]).toEqual([1_000_000, 10])
})
