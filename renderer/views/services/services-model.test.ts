import { expect, it } from 'vitest'
import { service } from '../../testing/snapshot-rows.ts'
import { orderedServices, repairShareText, repairWaitText, systemTimeText } from './services-model.ts'

it('orders by channel number, those without one last', () => {
  const services = [service(9), service(2, { major: 51, minor: 2 }), service(3, { major: 51, minor: 1 }), service(1)]
  expect(orderedServices(services).map((one) => one.id)).toEqual([3, 2, 1, 9])
})

it('writes the offsets that a SystemTime has', () => {
  const table = { firstTimeUs: 0, lastTimeUs: 1, count: 25 }
  expect(systemTimeText({ ...table, values: { currentUtcOffset: 37, utcLocalOffset: '-PT5H' } })).toBe(
    'TAI−UTC 37 s, local -PT5H, 25 times',
  )
  expect(systemTimeText({ ...table, count: 1, values: {} })).toBe('1 time')
})

it('writes the share and the wait of a repair server', () => {
  const server = { url: 'http://a/', weight: 3, afterMs: 50, fixedBackoffMs: 10, randomBackoffMs: 20 }
  const other = { ...server, url: 'http://b/', weight: 1 }
  const off = { ...server, weight: 0 }
  expect(repairShareText(server, [server])).toBe('')
  expect([server, other, off].map((each) => repairShareText(each, [server, other, off]))).toEqual([
    ', 75 %',
    ', 25 %',
    ', not to be used',
  ])
  expect(repairWaitText(server)).toBe('Waits 50 ms without packets of an object, then 10 ms to 30 ms of back-off')
  expect(repairWaitText({ ...server, randomBackoffMs: 0 })).toMatch(/object, then 10 ms of back-off$/)
  expect(repairWaitText({ ...server, fixedBackoffMs: 0, randomBackoffMs: 0 })).toMatch(/of an object$/)
})
