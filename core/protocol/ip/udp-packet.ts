import type { Flow } from '../../flow/datagrams.ts'
import { parseIpv4, parseIpv6 } from './address.ts'
import { internetChecksum, longWordSum, wordSum } from './checksum.ts'
import { putU16 } from './wire.ts'

const MAX_PACKET = 65535

/** The IP and UDP headers of one flow's packets, generated for datagrams from sockets. */
export type UdpHeader = {
  readonly family: 4 | 6
  /** IP and UDP header without lengths and checksums. */
  readonly bytes: Uint8Array
  /** Sum of the words of the IPv4 header without its length; 0 in IPv6, which has no checksum of its own. */
  readonly ipSum: number
  /** That of pseudo header and UDP header without their lengths, from which the checksum continues. */
  readonly udpSum: number
}

/** A header for `flow`: TTL 1, no fragments. */
export function udpHeader(flow: Flow): UdpHeader {
  const bytes = new Uint8Array(flow.family === 4 ? 28 : 48)
  const udpAt = bytes.length - 8
  putU16(bytes, udpAt, flow.sourcePort)
  putU16(bytes, udpAt + 2, flow.destinationPort)
  if (flow.family === 4) {
    bytes.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 1, 17])
    putIpv4(bytes, 12, flow.sourceAddress)
    putIpv4(bytes, 16, flow.destinationAddress)
    return { family: 4, bytes, ipSum: wordSum(bytes, 0, 20), udpSum: wordSum(bytes, 12, 24) + 17 }
  }
  bytes.set([0x60, 0, 0, 0, 0, 0, 17, 1])
  bytes.set(parseIpv6(flow.sourceAddress) ?? [], 8)
  bytes.set(parseIpv6(flow.destinationAddress) ?? [], 24)
  return { family: 6, bytes, ipSum: 0, udpSum: wordSum(bytes, 8, 44) + 17 }
}

/** Largest payload of an IP packet with this header. */
export function maxUdpPayload(header: UdpHeader): number {
  return header.family === 4 ? MAX_PACKET - 28 : MAX_PACKET - 8
}

/**
 * Writes the packet at `at`: header, then `payload[start, end)`, with right checksums.
 * @returns its length
 */
export function writeUdpPacket(
  header: UdpHeader,
  payload: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const headerBytes = header.bytes.length
  const total = headerBytes + end - start
  const udpLength = 8 + end - start
  into.set(header.bytes, at)
  into.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), at + headerBytes)
  putU16(into, at + headerBytes - 4, udpLength)
  if (header.family === 4) {
    putU16(into, at + 2, total)
    putU16(into, at + 10, internetChecksum(header.ipSum + total))
  } else putU16(into, at + 4, udpLength)
  const sum = header.udpSum + udpLength * 2 + longWordSum(into, at + headerBytes, at + total)
  // 0 means none.
  putU16(into, at + headerBytes - 2, internetChecksum(sum) || 0xffff)
  return total
}

function putIpv4(bytes: Uint8Array, at: number, text: string): void {
  const address = parseIpv4(text) ?? 0
  putU16(bytes, at, address >>> 16)
  putU16(bytes, at + 2, address & 0xffff)
}
