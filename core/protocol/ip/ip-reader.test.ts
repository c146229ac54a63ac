import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Flow } from '../../flow/datagrams.ts'
import { ipv4Packet, ipv4Udp, ipv6Packet, udp } from '../../testing/capture-builder.ts'
import { FlowTable } from './flow-table.ts'
import { IpReader } from './ip-reader.ts'

type Got = { readonly destination: string; readonly source: string; readonly payload: number[] }

function read(packets: readonly (readonly number[])[], cut = false) {
  const got: Got[] = []
  const sink = {
    datagram(flow: Flow, bytes: Uint8Array, start: number, end: number) {
      got.push({
        destination: flow.destination,
        source: flow.sourceAddress,
        payload: Array.from(bytes.subarray(start, end)),
      })
    },
  }
  const reader = new IpReader(new FlowTable(), sink)
  reader.cut = cut
  for (const packet of packets) {
    reader.frame++
    // Packets start at odd offsets and are followed by other bytes.
    reader.packet(Uint8Array.from([9, 9, 9, ...packet, 0xee, 0xee]), 3, 3 + packet.length)
  }
  return { got, reader, counters: reader.counters }
}

const PAYLOAD = [1, 2, 3, 4, 5]
const EXPECTED = [{ destination: '225.1.1.0:6000', source: '192.0.2.1', payload: PAYLOAD }]
const EXPECTED6 = [{ destination: '[ff15::1]:6000', source: 'fd00::2', payload: PAYLOAD }]

test('plain IPv4 and IPv6', () => {
  expect(read([ipv4Udp(PAYLOAD)]).got).toEqual(EXPECTED)
  expect(read([ipv6Packet(udp(PAYLOAD))]).got).toEqual(EXPECTED6)
  expect(read([ipv4Udp([])]).got[0]?.payload).toEqual([])
})

test('IPv4 options shift the payload; padding after the total length is not payload', () => {
  expect(read([ipv4Udp(PAYLOAD, { ipOptions: [0x94, 4, 0, 0] })]).got).toEqual(EXPECTED)
  expect(read([[...ipv4Udp(PAYLOAD), 0, 0, 0, 0, 0, 0]]).got).toEqual(EXPECTED)
})

test('total length 0 of segmentation offload means all captured bytes', () => {
  expect(read([ipv4Udp(PAYLOAD, { ipLength: 0 })]).got).toEqual(EXPECTED)
})

test("GPAC's IPv6 payload length, 40 too large, is harmless", () => {
  expect(read([ipv6Packet(udp(PAYLOAD), { ipLength: 13 + 40 })]).got).toEqual(EXPECTED6)
})

test('UDP length 0 means the IP payload; a smaller one excludes the rest', () => {
  expect(read([ipv4Udp(PAYLOAD, { udpLength: 0 })]).got).toEqual(EXPECTED)
  expect(read([ipv4Udp([...PAYLOAD, 8, 8], { udpLength: 13 })]).got).toEqual(EXPECTED)
})

test.each([
  ['UDP length 7', ipv4Udp(PAYLOAD, { udpLength: 7 })],
  ['UDP length beyond the packet', ipv4Udp(PAYLOAD, { udpLength: 14 })],
  ['total length beyond the capture', ipv4Udp(PAYLOAD, { ipLength: 34 })],
  ['total length below the header', ipv4Udp(PAYLOAD, { ipLength: 19 })],
  ['IHL below 5', [0x44, ...ipv4Udp(PAYLOAD).slice(1)]],
  ['version 5', [0x55, ...ipv4Udp(PAYLOAD).slice(1)]],
  ['a jumbogram', ipv6Packet(udp(PAYLOAD), { ipLength: 0 })],
  [
    'an endless chain of extensions',
    ipv6Packet(udp(PAYLOAD), {}, new Array(9).fill({ type: 60, bytes: [0, 1, 4, 0, 0, 0, 0] })),
  ],
  ['nothing', []],
])('%s is malformed', (_name, packet) => {
  const { got, counters } = read([packet])
  expect(got).toEqual([])
  expect(counters.malformed).toBe(1)
})

test('packets cut by the snap length are counted and not passed on', () => {
  const { got, counters } = read([ipv4Udp(PAYLOAD).slice(0, -1), ipv6Packet(udp(PAYLOAD)).slice(0, -1)], true)
  expect(got).toEqual([])
  expect([counters.cutBySnaplen, counters.malformed]).toEqual([2, 0])
})

test('IPv6 extension headers are skipped: hop-by-hop, routing, destination, AH, atomic fragment', () => {
  const extensions = [
    { type: 0, bytes: [0, 5, 2, 0, 0, 1, 0] },
    { type: 43, bytes: [1, 0, 0, ...new Array<number>(12).fill(0)] },
    { type: 60, bytes: [0, 1, 4, 0, 0, 0, 0] },
    { type: 51, bytes: [4, 0, 0, ...new Array<number>(20).fill(0)] },
    { type: 44, bytes: [0, 0, 0, 0, 0, 0, 9] },
  ]
  expect(read([ipv6Packet(udp(PAYLOAD), {}, extensions)]).got).toEqual(EXPECTED6)
})

test('IPv4 fragments are reassembled before the port is read', () => {
  const payload = Array.from({ length: 3072 }, (_, index) => index & 255)
  const datagram = udp(payload)
  const pieces = [0, 1480, 2960].map((offset) =>
    ipv4Packet(datagram.slice(offset, offset + 1480), { id: 77 }, { offset, more: offset < 2960 }),
  )
  const { got, counters } = read([pieces[2] as number[], pieces[0] as number[], pieces[1] as number[]])
  expect(got).toEqual([{ ...EXPECTED[0], payload }])
  expect([counters.fragments, counters.reassembled, counters.udp]).toEqual([3, 1, 1])
})

test('fragments of other addresses, protocols and ids stay distinct', () => {
  const datagram = udp(new Array<number>(16).fill(7))
  const first = ipv4Packet(datagram.slice(0, 16), {}, { offset: 0, more: true })
  const rest = datagram.slice(16)
  const last = { offset: 16, more: false }
  const { got, reader } = read([
    first,
    ipv4Packet(rest, { id: 78 }, last),
    ipv4Packet(rest, { protocol: 6 }, last),
    ipv4Packet(rest, { source: [192, 0, 2, 9] }, last),
  ])
  expect(got).toEqual([])
  reader.flush()
  expect(reader.fragmentsDropped).toBe(4)
})

test('IPv6 fragments take the next header of the first', () => {
  const datagram = udp(new Array<number>(16).fill(7))
  const fragment = (part: number[], place: number, next: number) =>
    ipv6Packet(part, { protocol: next }, [{ type: 44, bytes: [0, place >> 8, place & 255, 0, 0, 0, 5] }])
  const { got } = read([fragment(datagram.slice(16), 16, 99), fragment(datagram.slice(0, 16), 1, 17)])
  expect(got).toEqual([{ ...EXPECTED6[0], payload: new Array<number>(16).fill(7) }])
})

test('IP in IP is unwrapped four times and no deeper', () => {
  const tunnel = (inner: number[]) => ipv4Packet(inner, { protocol: 4 })
  expect(read([tunnel(tunnel(ipv4Udp(PAYLOAD)))]).got).toEqual(EXPECTED)
  const { got, counters } = read([tunnel(tunnel(tunnel(tunnel(tunnel(ipv4Udp(PAYLOAD))))))])
  expect([got, counters.nonUdp]).toEqual([[], 1])
})

test('other protocols are counted by number; wrong header checksums are counted and used', () => {
  const wrong = ipv4Udp(PAYLOAD)
  wrong[10] = 0x12
  const { got, reader, counters } = read([ipv4Packet([1, 2], { protocol: 6 }), wrong])
  expect(got).toEqual(EXPECTED)
  expect([reader.protocols[6], counters.nonUdp, counters.wrongChecksums]).toEqual([1, 1, 1])
})

test('random and mutated packets never throw', () => {
  const seeds = [ipv4Udp(PAYLOAD), ipv6Packet(udp(PAYLOAD), {}, [{ type: 44, bytes: [0, 0, 1, 0, 0, 0, 9] }])]
  const mutation = fc.record({
    seed: fc.constantFrom(...seeds),
    edits: fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 6 }),
    length: fc.nat({ max: 80 }),
  })
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 20 }), (mutations) => {
      const packets = mutations.map(({ seed, edits, length }) => {
        const packet = [...seed]
        for (const [at, value] of edits) if (at < packet.length) packet[at] = value
        return packet.slice(0, length)
      })
      const { counters } = read(packets)
      expect(counters.udp).toBeLessThanOrEqual(packets.length)
    }),
    { numRuns: 500 },
  )
})
