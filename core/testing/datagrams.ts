import type { DatagramSink } from '../flow/datagrams.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import type { PacketOut } from '../send/emitter.ts'
import { PcapngBlocks } from './capture-builder.ts'
import { seeded } from './seeded.ts'

/** One UDP datagram of a generated capture. */
export type Datagram = {
  readonly address: string
  readonly port: number
  /** UDP payload. */
  readonly bytes: Uint8Array
  /** µs since the UNIX epoch. */
  readonly timeUs: number
}

/** Keeps a copy of every packet sent to it. */
export class DatagramList implements PacketOut {
  readonly datagrams: Datagram[] = []

  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): boolean {
    this.datagrams.push({ address, port, bytes: bytes.slice(), timeUs })
    return true
  }
}

/** Drops each datagram with this probability. */
export function withLoss(datagrams: readonly Datagram[], probability: number, seed = 1): Datagram[] {
  const random = seeded(seed)
  return datagrams.filter(() => random() >= probability)
}

/** Reorders datagrams within `window`; times stay in order. */
export function shuffled(datagrams: readonly Datagram[], window = 16, seed = 1): Datagram[] {
  const random = seeded(seed)
  const order = datagrams.map((_, index) => ({ index, key: index + random() * window })).sort((a, b) => a.key - b.key)
  return order.map(({ index }, place) => at(datagrams, index, datagrams[place]?.timeUs))
}

/** Repeats each datagram with this probability, up to `distance` later. */
export function duplicated(datagrams: readonly Datagram[], probability: number, distance = 8, seed = 1): Datagram[] {
  const random = seeded(seed)
  const keyed = datagrams.map((_, index) => ({ index, key: index }))
  datagrams.forEach((_, index) => {
    if (random() < probability) keyed.push({ index, key: index + random() * distance })
  })
  keyed.sort((a, b) => a.key - b.key)
  let timeUs = 0
  return keyed.map(({ index }) => {
    timeUs = Math.max(timeUs, datagrams[index]?.timeUs ?? 0)
    return at(datagrams, index, timeUs)
  })
}

/** Merges several lists in order of time. */
export function interleaved(...lists: readonly (readonly Datagram[])[]): Datagram[] {
  return lists.flat().sort((a, b) => a.timeUs - b.timeUs)
}

/** Passes the datagrams to a sink like a source. */
export function play(datagrams: readonly Datagram[], sink: DatagramSink, flows = new FlowTable()): void {
  datagrams.forEach(({ address, port, bytes, timeUs }, index) => {
    sink.datagram(flows.byText('127.0.0.1', address, port, port), bytes, 0, bytes.length, timeUs, index + 1)
  })
}

/** A pcap (little-endian, µs) of Ethernet frames, readable by other tools. */
export function pcapOf(datagrams: readonly Datagram[]): Uint8Array {
  const ethernet = 14
  const flows = new FlowTable()
  const total = datagrams.reduce((sum, { bytes }) => sum + 16 + ethernet + 28 + bytes.length, 24)
  const file = new Uint8Array(total)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 65_535, true)
  view.setUint32(20, 1, true)
  let offset = 24
  for (const { address, port, bytes, timeUs } of datagrams) {
    const header = udpHeader(flows.byText('127.0.0.1', address, port, port))
    const frame = offset + 16
    file.set([0x01, 0x00, 0x5e, 0, 0, 1, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00], frame)
    const length = ethernet + writeUdpPacket(header, bytes, 0, bytes.length, file, frame + ethernet)
    view.setUint32(offset, Math.floor(timeUs / 1_000_000), true)
    view.setUint32(offset + 4, timeUs % 1_000_000, true)
    view.setUint32(offset + 8, length, true)
    view.setUint32(offset + 12, length, true)
    offset = frame + length
  }
  return file.subarray(0, offset)
}

/**
 * A pcapng (little-endian, µs, raw IP).
 * @param options of the packet at a position, as bytes
 * @param end blocks after the last packet, as bytes
 */
export function pcapngOf(
  datagrams: readonly Datagram[],
  options: ReadonlyMap<number, number[]> = new Map(),
  end: readonly number[] = [],
): Uint8Array {
  const blocks = new PcapngBlocks('little')
  const flows = new FlowTable()
  const parts: Uint8Array[] = [Uint8Array.from([...blocks.section(), ...blocks.interface(101)])]
  datagrams.forEach(({ address, port, bytes, timeUs }, index) => {
    const packet = new Uint8Array(28 + bytes.length)
    writeUdpPacket(udpHeader(flows.byText('127.0.0.1', address, port, port)), bytes, 0, bytes.length, packet, 0)
    const high = Math.floor(timeUs / 2 ** 32)
    parts.push(Uint8Array.from(blocks.enhanced(0, high, timeUs % 2 ** 32, Array.from(packet), options.get(index))))
  })
  parts.push(Uint8Array.from(end))
  return Buffer.concat(parts)
}

function at(datagrams: readonly Datagram[], index: number, timeUs: number | undefined): Datagram {
  const datagram = datagrams[index]
  if (datagram === undefined || timeUs === undefined) throw new RangeError(`no datagram ${index}`)
  return { ...datagram, timeUs }
}
