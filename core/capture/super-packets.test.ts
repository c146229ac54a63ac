import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { type IpPacket, ipPacketsFrom, pcapOfFrames } from '../testing/reencapsulate.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const HEADERS = 28

/** Merges successive full-sized packets and the shorter one at their end, as GSO does on the sender. */
function merged(packets: readonly IpPacket[], most: number): IpPacket[] {
  const header = udpHeader(new FlowTable().byText('127.0.0.1', '239.255.1.1', 6000, 6000))
  const out: IpPacket[] = []
  for (let at = 0; at < packets.length; ) {
    const first = packets[at] as IpPacket
    let to = at + 1
    const size = first.bytes.length
    while (to < packets.length && to - at < most && packets[to - 1]?.bytes.length === size) {
      if ((packets[to] as IpPacket).bytes.length > size) break
      to++
    }
    const payload = Uint8Array.from(packets.slice(at, to).flatMap(({ bytes }) => [...bytes.subarray(HEADERS)]))
    const packet = new Uint8Array(HEADERS + payload.length)
    writeUdpPacket(header, payload, 0, payload.length, packet, 0)
    out.push({ bytes: packet, timeUs: first.timeUs })
    at = to
  }
  return out
}

test('datagrams merged by the sending host are split again, with a notice', async () => {
  const packets = ipPacketsFrom(await routeFixture())
  const wire = merged(packets, 20)
  expect(wire.length).toBeLessThan(packets.length / 2)
  const played = await playCapture([await folder.write(pcapOfFrames(wire, 101))])
  const right = packets.map(({ bytes }) => bytes.length - HEADERS)
  const found = played.datagrams.map(({ payload }) => payload.length)
  // Where several piece sizes fit, the largest is used: a few are wrong.
  const whole = wire.filter(({ bytes }) => bytes.length > 1500).length
  expect(played.counters.merged).toBeGreaterThan(whole * 0.95)
  expect(found.reduce((sum, length) => sum + length, 0)).toBe(right.reduce((sum, length) => sum + length, 0))
  expect(found.length).toBeGreaterThan(right.length * 0.95)
  expect(played.notices).toEqual([expect.stringMatching(/^\d+ packets were several datagrams merged/)])
})

test('large ROUTE packets are left whole, also with data that looks like headers', async () => {
  const header = (tsi: number) => [0x12, 0xa0, 4, 8, 0, 0, 0, 0, 0, 0, 0, tsi, 0, 0, 0, 9, 0, 0, 0, 0]
  const packets = ipPacketsFrom(
    Array.from({ length: 60 }, (_, index) => {
      const bytes = new Uint8Array(2000).fill(index)
      bytes.set(header(10))
      bytes.set(header(77), 900 + index)
      return { address: '239.255.1.1', port: 6000, bytes, timeUs: index * 1000 }
    }),
  )
  const played = await playCapture([await folder.write(pcapOfFrames(packets, 101))])
  expect(played.counters).toMatchObject({ udp: 60, merged: 0, large: 60 })
})

test('other large datagrams are left whole', async () => {
  const packets = ipPacketsFrom(
    Array.from({ length: 60 }, (_, index) => ({
      address: '239.255.1.1',
      port: 6000,
      bytes: Uint8Array.from({ length: 8000 }, (_, at) => (at * 7 + index) & 255),
      timeUs: index * 1000,
    })),
  )
  const played = await playCapture([await folder.write(pcapOfFrames(packets, 101))])
  expect(played.datagrams.map(({ payload }) => payload.length)).toEqual(new Array(60).fill(8000))
  expect(played.counters).toMatchObject({ merged: 0, large: 60 })
  expect(played.notices).toEqual([])
})
