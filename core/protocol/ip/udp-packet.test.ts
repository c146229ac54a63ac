import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Flow } from '../../flow/datagrams.ts'
import { foldSum, internetChecksum, longWordSum, wordSum } from './checksum.ts'
import { FlowTable } from './flow-table.ts'
import { IpReader } from './ip-reader.ts'
import { maxUdpPayload, udpHeader, writeUdpPacket } from './udp-packet.ts'

test("the checksum folds carries until none is left: GPAC's f065 is f064", () => {
  const header = [0x45, 0, 5, 0xdc, 0, 0, 0, 0, 0x0a, 17, 0, 0, 192, 168, 0, 4, 239, 255, 10, 1]
  expect(internetChecksum(wordSum(Uint8Array.from(header), 0, 20)).toString(16)).toBe('f064')
})

test('a written packet reads back, with right checksums', () => {
  const table = new FlowTable()
  const flows = [table.byText('192.0.2.1', '225.1.1.0', 4000, 6000), table.byText('fd00::2', 'ff15::1', 4000, 6000)]
  fc.assert(
    fc.property(fc.constantFrom(...flows), fc.uint8Array({ maxLength: 3000 }), fc.nat(9), (flow, payload, at) => {
      const header = udpHeader(flow)
      const into = new Uint8Array(4000)
      const length = writeUdpPacket(header, payload, 0, payload.length, into, at)
      expect(length).toBe(header.bytes.length + payload.length)
      if (flow.family === 4) expect(foldSum(wordSum(into, at, at + 20))).toBe(0xffff)
      // Pseudo header: addresses, length, next header.
      const [addresses, udp] = flow.family === 4 ? [at + 12, at + 20] : [at + 8, at + 40]
      const pseudo = wordSum(into, addresses, udp) + 8 + payload.length + 17
      expect(foldSum(pseudo + wordSum(into, udp, at + length))).toBe(0xffff)
      const got: [Flow, Uint8Array][] = []
      const sink = {
        datagram: (to: Flow, bytes: Uint8Array, start: number, end: number) =>
          void got.push([to, bytes.slice(start, end)]),
      }
      const reader = new IpReader(table, sink)
      reader.packet(into, at, at + length)
      expect(got).toEqual([[flow, payload]])
      expect(reader.counters.wrongChecksums).toBe(0)
    }),
  )
})

test('the largest payloads fit one packet', () => {
  const table = new FlowTable()
  expect(maxUdpPayload(udpHeader(table.byText('1.1.1.1', '225.1.1.0', 1, 2)))).toBe(65507)
  expect(maxUdpPayload(udpHeader(table.byText('::1', 'ff15::1', 1, 2)))).toBe(65527)
})

test('the sum of long words is that of words of two bytes, of any bytes', () => {
  const value = fc.oneof(fc.constantFrom(0, 0xff), fc.integer({ min: 0, max: 0xff }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 70 }), fc.nat(20), fc.nat(70), (values, start, length) => {
      const bytes = Uint8Array.from(values)
      const [from, to] = [Math.min(start, bytes.length), Math.min(start + length, bytes.length)]
      expect(longWordSum(bytes, from, to)).toBe(foldSum(wordSum(bytes, from, to)))
    }),
  )
  const most = new Uint8Array(65_535).fill(0xff)
  expect(longWordSum(most, 0, most.length)).toBe(foldSum(wordSum(most, 0, most.length)))
})
