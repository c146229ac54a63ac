import { FlowTable } from '../protocol/ip/flow-table.ts'
import { udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import { HOSTILE_FEC } from './hostile-fec.ts'
import { HOSTILE_FLUTE } from './hostile-flute.ts'
import { HOSTILE_ADDRESS, HOSTILE_PORT, type HostileDatagram, type HostileKind } from './hostile-kind.ts'
import { HOSTILE_MMTP } from './hostile-mmtp.ts'
import { HOSTILE_ROUTE } from './hostile-route.ts'
import { FIXTURE_START_US } from './make-fixtures.ts'
import { seededBelow } from './seeded.ts'

/** Kinds of senders whose packets claim much, and carry little. */
export const HOSTILE_KINDS: readonly HostileKind[] = [
  ...HOSTILE_ROUTE,
  ...HOSTILE_FEC,
  ...HOSTILE_FLUTE,
  ...HOSTILE_MMTP,
]

/** Step of a slow capture, µs: each packet is a tick of the receiver. */
export const SLOW_STEP_US = 100_000

/**
 * A pcap of one kind of hostile sender.
 * @param bytes size of the file, about
 * @param stepUs from one packet to the next
 */
export function hostileCapture(kind: HostileKind, seed: number, bytes: number, stepUs = kind.stepUs ?? 50): Uint8Array {
  const below = seededBelow(seed)
  const flows = new FlowTable()
  const file = new Uint8Array(bytes + 70_000)
  const view = new DataView(file.buffer)
  for (const [at, value] of [0xa1b2c3d4, 0x0004_0002, 0, 0, 65_535, 101].entries()) view.setUint32(at * 4, value, true)
  let at = 24
  const first = kind.first?.() ?? []
  for (let number = -first.length; at < bytes; number++) {
    const datagram = first[number + first.length] ?? kind.next(number, below)
    const { source = '192.0.2.1', address = HOSTILE_ADDRESS, port = HOSTILE_PORT } = datagram
    const header = udpHeader(flows.byText(source, address, 5000, port))
    const length = writeUdpPacket(header, datagram.bytes, 0, datagram.bytes.length, file, at + 16)
    const timeUs = FIXTURE_START_US + (number + first.length) * stepUs
    view.setUint32(at, Math.floor(timeUs / 1e6), true)
    view.setUint32(at + 4, timeUs % 1e6, true)
    view.setUint32(at + 8, length, true)
    view.setUint32(at + 12, length, true)
    at += 16 + length
  }
  return file.subarray(0, at)
}

/** Datagrams of one kind of hostile sender, in order. */
export function hostileDatagrams(kind: HostileKind, seed: number, count: number): HostileDatagram[] {
  const below = seededBelow(seed)
  const first = kind.first?.() ?? []
  return [...first, ...Array.from({ length: count }, (_, number) => kind.next(number, below))]
}
