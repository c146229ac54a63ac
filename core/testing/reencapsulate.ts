import { u16At } from '../bytes/ints.ts'
import { LINK_TYPE } from '../capture/link-types.ts'
import { alpConcatenation, alpPacket, alpSegments, alpSignalling, plpExtension } from '../protocol/alp/alp-writer.ts'
import { LINK_SIGNALLING, type LmtMulticast, serialiseLmt } from '../protocol/alp/link-table.ts'
import { formatIpv4 } from '../protocol/ip/address.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import { i32 } from '../protocol/ip/wire.ts'
import { fecPacketOf } from '../protocol/stltp/fec-packet.ts'
import { RTP_HEADER_BYTES, RTP_TYPE, tunnelTimestamp, writeRtpHeader } from '../protocol/stltp/rtp.ts'
import { basebandPackets, StltpWriter } from '../protocol/stltp/stltp-writer.ts'
import type { Datagram } from './datagrams.ts'

/** One IPv4 packet of a capture, without its link layer. */
export type IpPacket = { readonly bytes: Uint8Array; readonly timeUs: number }

/** One record for a capture. */
export type CaptureFrame = { readonly bytes: Uint8Array; readonly timeUs: number }

/** The IPv4 packets of a pcap of link type NULL or Ethernet (no VLAN), in µs; times of the NTP epoch are corrected. */
export function ipPacketsOf(pcap: Uint8Array): IpPacket[] {
  const view = new DataView(pcap.buffer, pcap.byteOffset, pcap.length)
  const little = view.getUint32(0) === 0xd4c3b2a1
  const header = view.getUint32(20, little) === LINK_TYPE.ethernet ? 14 : 4
  const packets: IpPacket[] = []
  for (let at = 24; at + 16 <= pcap.length; ) {
    const seconds = view.getUint32(at, little)
    const timeUs = (seconds >= 0xbc17c200 ? seconds - 2208988800 : seconds) * 1e6 + view.getUint32(at + 4, little)
    const start = at + 16 + header
    const end = at + 16 + view.getUint32(at + 8, little)
    // The IP length ends the packet: Ethernet pads.
    if ((pcap[start] as number) >> 4 === 4) {
      packets.push({ bytes: pcap.slice(start, Math.min(end, start + u16At(pcap, start + 2))), timeUs })
    }
    at = end
  }
  return packets
}

/** Datagrams of a generated broadcast as IP packets. */
export function ipPacketsFrom(datagrams: readonly Datagram[], source = '127.0.0.1'): IpPacket[] {
  const flows = new FlowTable()
  return datagrams.map(({ address, port, bytes, timeUs }) => {
    const header = udpHeader(flows.byText(source, address, port, port))
    const packet = new Uint8Array(header.bytes.length + bytes.length)
    writeUdpPacket(header, bytes, 0, bytes.length, packet, 0)
    return { bytes: packet, timeUs }
  })
}

const ETHERNET = [0x01, 0x00, 0x5e, 0, 0, 1, 0x02, 0, 0, 0, 0, 1] as const

/** Ethernet frames, padded to 60 bytes; `tags` are whole VLAN tags such as [0x81, 0, 0, 5]. */
export function ethernetFrames(packets: readonly IpPacket[], tags: readonly number[] = []): CaptureFrame[] {
  return packets.map(({ bytes, timeUs }) => {
    const head = [...ETHERNET, ...tags, 0x08, 0x00]
    const frame = new Uint8Array(Math.max(60, head.length + bytes.length))
    frame.set(head)
    frame.set(bytes, head.length)
    return { bytes: frame, timeUs }
  })
}

/** Frames of Linux's "any" interface, link type 113, or 276 where `second`. */
export function sllFrames(packets: readonly IpPacket[], second = false): CaptureFrame[] {
  const head = second
    ? [0x08, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 6, 2, 0, 0, 0, 0, 1, 0, 0]
    : [0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0]
  return packets.map(({ bytes, timeUs }) => ({ bytes: Uint8Array.from([...head, ...bytes]), timeUs }))
}

/** A little-endian pcap in µs, or in ns where `nanoseconds`. */
export function pcapOfFrames(frames: readonly CaptureFrame[], linkType: number, nanoseconds = false): Uint8Array {
  const total = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24)
  const out = new Uint8Array(total)
  const view = new DataView(out.buffer)
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 262144, true)
  view.setUint32(20, linkType, true)
  let at = 24
  for (const { bytes, timeUs } of frames) {
    view.setUint32(at, Math.floor(timeUs / 1e6), true)
    view.setUint32(at + 4, (timeUs % 1e6) * (nanoseconds ? 1000 : 1), true)
    view.setUint32(at + 8, bytes.length, true)
    view.setUint32(at + 12, bytes.length, true)
    out.set(bytes, at + 16)
    at += 16 + bytes.length
  }
  return out
}

/** A little-endian pcapng of one interface with µs times. */
export function pcapngOfFrames(frames: readonly CaptureFrame[], linkType: number): Uint8Array {
  const total = frames.reduce((sum, { bytes }) => sum + 32 + ((bytes.length + 3) & ~3), 28 + 20)
  const out = new Uint8Array(total)
  const view = new DataView(out.buffer)
  const words = (at: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) view.setUint32(at + index * 4, value, true)
  }
  words(0, [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28])
  words(28, [1, 20, linkType, 0, 20])
  let at = 48
  for (const { bytes, timeUs } of frames) {
    const length = 32 + ((bytes.length + 3) & ~3)
    const high = Math.floor(timeUs / 0x100000000)
    words(at, [6, length, 0, high, timeUs % 0x100000000, bytes.length, bytes.length])
    out.set(bytes, at + 28)
    words(at + length - 4, [length])
    at += length
  }
  return out
}

/** PLP of a packet: LLS and signalling-like low ports are in 0, others are spread by destination. */
export type PlpOf = (packet: IpPacket) => number

/** Spreads destinations over `plps` PLPs, with LLS in PLP 0. */
export function plpByDestination(plps: number): PlpOf {
  const known = new Map<string, number>([['224.0.23.60:4937', 0]])
  return ({ bytes }) => {
    const destination = destinationOf(bytes)
    let plp = known.get(destination)
    if (plp === undefined) {
      plp = known.size % plps
      known.set(destination, plp)
    }
    return plp
  }
}

function destinationOf(bytes: Uint8Array): string {
  return `${formatIpv4(i32(bytes, 16))}:${u16At(bytes, ((bytes[0] as number) & 15) * 4 + 2)}`
}

export type AlpForm = 'single' | 'segments' | 'concatenation'

/** Bytes of one segment in the form `segments`. */
const SEGMENT_BYTES = 400
/** Most packets joined in the form `concatenation`. */
const JOINED = 4
const JOIN_US = 20_000

/** ALP packets of the IP packets with their PLP as extension F1, and an LMT in PLP 0 every second. */
export function alpFrames(packets: readonly IpPacket[], form: AlpForm, plpOf: PlpOf = () => 0): CaptureFrame[] {
  const frames: CaptureFrame[] = []
  for (const { plp, bytes, timeUs } of alpOf(packets, form, plpOf, true)) {
    frames.push({ bytes, timeUs })
    if (plp < 0) throw new RangeError('a packet without a PLP')
  }
  return frames
}

type PlpPacket = { readonly plp: number; readonly bytes: Uint8Array; readonly timeUs: number }

/** @param tagged names the PLP in each packet that has room for it; concatenated ones have none */
function alpOf(packets: readonly IpPacket[], form: AlpForm, plpOf: PlpOf, tagged: boolean): PlpPacket[] {
  const out: PlpPacket[] = []
  const lmt = lmtOf(packets, plpOf)
  let nextLmtUs = packets[0]?.timeUs ?? 0
  const waiting = new Map<number, IpPacket[]>()
  const extension = (plp: number) => (tagged ? { extension: plpExtension(plp) } : {})
  const flush = (plp: number) => {
    const group = waiting.get(plp) ?? []
    waiting.delete(plp)
    const timeUs = group.at(-1)?.timeUs ?? 0
    const [only] = group
    if (only === undefined) return
    const bytes =
      group.length === 1 ? alpPacket(only.bytes, extension(plp)) : alpConcatenation(group.map((each) => each.bytes))
    out.push({ plp, bytes, timeUs })
  }
  for (const packet of packets) {
    const plp = plpOf(packet)
    if (packet.timeUs >= nextLmtUs) {
      nextLmtUs = packet.timeUs + 1_000_000
      const table = { type: LINK_SIGNALLING.lmt, version: 0 }
      out.push({ plp: 0, bytes: alpSignalling(lmt, table, extension(0)), timeUs: packet.timeUs })
    }
    if (form === 'concatenation') {
      const group = waiting.get(plp)
      if (group === undefined) waiting.set(plp, [packet])
      else group.push(packet)
      for (const [each, packets] of [...waiting]) {
        const first = packets[0] as IpPacket
        const full = packets.length >= JOINED || packets.some(({ bytes }) => bytes.length > 4095)
        if (full || packet.timeUs - first.timeUs > JOIN_US) flush(each)
      }
    } else if (form === 'segments' && packet.bytes.length > SEGMENT_BYTES) {
      const segmentBytes = Math.max(SEGMENT_BYTES, Math.ceil(packet.bytes.length / 32))
      for (const bytes of alpSegments(packet.bytes, segmentBytes, extension(plp))) {
        out.push({ plp, bytes, timeUs: packet.timeUs })
      }
    } else {
      out.push({ plp, bytes: alpPacket(packet.bytes, extension(plp)), timeUs: packet.timeUs })
    }
  }
  for (const plp of [...waiting.keys()]) flush(plp)
  return out
}

function lmtOf(packets: readonly IpPacket[], plpOf: PlpOf): Uint8Array {
  const plps = new Map<number, Map<string, LmtMulticast>>([[0, new Map()]])
  for (const packet of packets) {
    const plp = plpOf(packet)
    const destination = destinationOf(packet.bytes)
    const group = plps.get(plp) ?? new Map<string, LmtMulticast>()
    plps.set(plp, group)
    if (group.has(destination) || group.size >= 255) continue
    const [destinationAddress = '', port] = destination.split(':')
    group.set(destination, {
      sourceAddress: formatIpv4(i32(packet.bytes, 12)),
      destinationAddress,
      sourcePort: u16At(packet.bytes, ((packet.bytes[0] as number) & 15) * 4),
      destinationPort: Number(port),
      sid: null,
      contextId: null,
    })
  }
  return serialiseLmt({
    plps: [...plps]
      .sort(([a], [b]) => a - b)
      .map(([plpId, multicasts]) => ({ plpId, multicasts: [...multicasts.values()] })),
  })
}

export type StltpOptions = {
  readonly form?: AlpForm
  readonly plpOf?: PlpOf
  readonly basebandBytes?: number
  /** Payload of an outer packet. */
  readonly packetBytes?: number
  readonly firstSequence?: number
  /** Columns and rows of the SMPTE ST 2022-1 matrix; rows 0: column FEC only. */
  readonly fec?: { readonly columns: number; readonly rows: number; readonly rowFec: boolean }
  /** Omitted outer packets, by their number from 0. */
  readonly lost?: (index: number) => boolean
}

const TUNNEL_ADDRESS = '239.1.2.3'
const TUNNEL_PORT = 31000
/** Longest time until a baseband packet is filled up. */
const FRAME_US = 50_000

/** The IP packets in an STLTP tunnel to 239.1.2.3:31000, with preamble and timing packets. */
export function stltpPackets(packets: readonly IpPacket[], options: StltpOptions = {}): IpPacket[] {
  const plpOf = options.plpOf ?? (() => 0)
  const writer = new StltpWriter(options.packetBytes ?? 1400, options.firstSequence ?? 65_500)
  const outer: { bytes: Uint8Array; timeUs: number }[] = []
  let pending: PlpPacket[] = []
  const flush = (timeUs: number) => {
    for (const plp of new Set(pending.map((each) => each.plp))) {
      const alp = pending.filter((each) => each.plp === plp).map(({ bytes }) => bytes)
      for (const packet of basebandPackets(alp, options.basebandBytes ?? 3000)) writer.baseband(plp, packet, timeUs)
    }
    pending = []
    writer.innerPacket(30064, { marker: true, payloadType: RTP_TYPE.preamble, word: 30 }, new Uint8Array(30), timeUs)
    writer.innerPacket(30065, { marker: true, payloadType: RTP_TYPE.timing, word: 40 }, new Uint8Array(40), timeUs)
    for (const bytes of writer.take(timeUs, true)) outer.push({ bytes, timeUs })
  }
  let frameUs = packets[0]?.timeUs ?? 0
  for (const packet of alpOf(packets, options.form ?? 'single', plpOf, false)) {
    if (packet.timeUs - frameUs >= FRAME_US) {
      flush(packet.timeUs)
      frameUs = packet.timeUs
    }
    pending.push(packet)
  }
  flush(packets.at(-1)?.timeUs ?? 0)
  const datagrams: Datagram[] = []
  const send = (portsOn: number, bytes: Uint8Array, timeUs: number) =>
    datagrams.push({ address: TUNNEL_ADDRESS, port: TUNNEL_PORT + portsOn, bytes, timeUs })
  const { fec, lost } = options
  for (const [index, { bytes, timeUs }] of outer.entries()) {
    if (lost?.(index) !== true) send(0, bytes, timeUs)
    if (fec === undefined) continue
    const { columns, rows, rowFec } = fec
    if (rowFec && (index + 1) % columns === 0) {
      const row = outer.slice(index + 1 - columns, index + 1).map((each) => each.bytes)
      send(4, fecPacketOf(row, 1, true, index), timeUs)
    }
    if ((index + 1) % (columns * rows) !== 0) continue
    for (let column = 0; column < columns; column++) {
      const from = index + 1 - columns * rows + column
      const members = Array.from(
        { length: rows },
        (_, row) => (outer[from + row * columns] as { bytes: Uint8Array }).bytes,
      )
      send(2, fecPacketOf(members, columns, false, index + column), timeUs)
    }
  }
  return ipPacketsFrom(datagrams, '192.168.7.1')
}

/** The IP packets of each PLP in ALPTP: to 239.1.2.4, port 30000 + PLP. */
export function alptpPackets(packets: readonly IpPacket[], plpOf: PlpOf = () => 0, payloadBytes = 1300): IpPacket[] {
  const datagrams: Datagram[] = []
  const streams = new Map<number, { sequence: number; pending: Uint8Array; begin: boolean }>()
  for (const { plp, bytes, timeUs } of alpOf(packets, 'single', plpOf, false)) {
    const stream = streams.get(plp) ?? { sequence: 0, pending: new Uint8Array(0), begin: true }
    streams.set(plp, stream)
    // Each ALP packet starts a datagram, so that M can mark it.
    for (let at = 0; at < bytes.length; at += payloadBytes) {
      const payload = bytes.subarray(at, at + payloadBytes)
      const datagram = new Uint8Array(RTP_HEADER_BYTES + payload.length)
      const timestamp = tunnelTimestamp(timeUs)
      const header = { marker: at === 0, payloadType: 0x58, sequence: stream.sequence, timestamp, word: 0 }
      writeRtpHeader(header, datagram)
      datagram.set(payload, RTP_HEADER_BYTES)
      stream.sequence = (stream.sequence + 1) & 0xffff
      datagrams.push({ address: '239.1.2.4', port: 30000 + plp, bytes: datagram, timeUs })
    }
  }
  return ipPacketsFrom(datagrams, '192.168.7.1')
}

/** The IP packets with DSTP's RTP header before each UDP payload; other packets are unchanged. */
export function dstpPackets(packets: readonly IpPacket[], payloadType = 0x58): IpPacket[] {
  let sequence = 0
  return packets.map(({ bytes, timeUs }) => {
    const payloadAt = ((bytes[0] as number) & 15) * 4 + 8
    const rtp = new Uint8Array(RTP_HEADER_BYTES)
    sequence = (sequence + 1) & 0xffff
    writeRtpHeader({ marker: false, payloadType, sequence, timestamp: 0, word: 0 }, rtp)
    const flows = new FlowTable()
    const flow = flows.ipv4(i32(bytes, 12), i32(bytes, 16), u16At(bytes, payloadAt - 8), u16At(bytes, payloadAt - 6))
    const payload = Uint8Array.from([...rtp, ...bytes.subarray(payloadAt)])
    const header = udpHeader(flow)
    const packet = new Uint8Array(header.bytes.length + payload.length)
    writeUdpPacket(header, payload, 0, payload.length, packet, 0)
    return { bytes: packet, timeUs }
  })
}
