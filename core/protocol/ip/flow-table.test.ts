import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIpv6 } from './address.ts'
import { FLOW_LIMITS, FlowTable } from './flow-table.ts'

test('a known flow is the same object, by number, by text and by bytes', () => {
  const table = new FlowTable()
  const first = table.ipv4(0x7f000001, 0xe1010100, 6000, 6001)
  expect(first).toEqual({
    id: 0,
    family: 4,
    sourceAddress: '127.0.0.1',
    destinationAddress: '225.1.1.0',
    sourcePort: 6000,
    destinationPort: 6001,
    plp: null,
    destination: '225.1.1.0:6001',
  })
  expect(table.ipv4(0x7f000001, 0xe1010100 | 0, 6000, 6001)).toBe(first)
  expect(table.byText('127.0.0.1', '225.1.1.0', 6000, 6001)).toBe(first)
  const bytes = new Uint8Array([...(parseIpv6('fe80::2') ?? []), ...(parseIpv6('ff15::1') ?? [])])
  const second = table.ipv6(bytes, 0, 16, 1, 2)
  expect(second.destination).toBe('[ff15::1]:2')
  expect(table.byText('fe80::2%eth0', 'ff15::1', 1, 2)).toBe(second)
  expect(table.flows).toEqual([first, second])
})

test('ids are dense, and every part of the key distinguishes flows', () => {
  const part = fc.integer({ min: 0, max: 3 })
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part, part, part), { maxLength: 300 }), (keys) => {
      const table = new FlowTable()
      const seen = new Map<string, number>()
      for (const [source, destination, from, to] of keys) {
        const flow = table.ipv4(0xc0000200 + source, 0xe0000000 + destination, from * 21845, to * 21845)
        const key = `${source} ${destination} ${from} ${to}`
        expect(flow.id).toBe(seen.get(key) ?? seen.size)
        seen.set(key, flow.id)
        expect(table.flows[flow.id]).toBe(flow)
      }
    }),
  )
})

test('many flows stay distinct while the table grows', () => {
  const table = new FlowTable()
  for (let round = 0; round < 2; round++) {
    for (let port = 0; port < 20000; port++) {
      const flow = table.ipv4(1, 0xe0000001, port, 5000)
      expect(flow.id).toBe(port)
    }
  }
})

test('unicast flows beyond the limit share one, and multicast still gets its own', () => {
  const table = new FlowTable()
  for (let address = 0; address < FLOW_LIMITS.unicast; address++) table.ipv4(address, 0x0a000001, 1, 2)
  const beyond = table.ipv4(0x01020304, 0x0a000001, 1, 2)
  expect(beyond.destination).toBe('0.0.0.0:0')
  expect(table.ipv4(0x01020305, 0x0a000001, 1, 2)).toBe(beyond)
  expect(table.ipv4(0, 0x0a000001, 1, 2).id).toBe(0)
  expect(table.ipv4(0x01020304, 0xe1010100, 1, 6000).destination).toBe('225.1.1.0:6000')
})
