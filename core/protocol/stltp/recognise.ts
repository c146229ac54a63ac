import { u16At } from '../../bytes/ints.ts'
import { ALP_FAULT, ALP_TYPE, AlpPacket } from '../alp/alp-packet.ts'
import { packetOffset, RTP_HEADER_BYTES, RTP_TYPE, RtpPacket } from './rtp.ts'
import { INNER_PORTS } from './stltp-receiver.ts'

const packet = new RtpPacket()
const alp = new AlpPacket()

/** True for an STLTP tunnel packet in which an inner packet begins; others cannot be recognised. */
export function looksLikeStltp(bytes: Uint8Array, start: number, end: number): boolean {
  if (!packet.read(bytes, start, end) || packet.payloadType !== RTP_TYPE.tunnel || !packet.marker) return false
  const at = packet.payloadStart + packetOffset(packet.word)
  if (at + 28 > packet.payloadEnd) return false
  if (bytes[at] !== 0x45 || bytes[at + 9] !== 17) return false
  const place = u16At(bytes, at + 22) - INNER_PORTS.first
  return place >= 0 && place < INNER_PORTS.channels * INNER_PORTS.channelStep && u16At(bytes, at + 2) >= 28
}

/** PLP of an ALPTP stream on this port, or -1. */
export function alptpPlp(port: number): number {
  const place = port - INNER_PORTS.first
  if (place < 0 || place >= INNER_PORTS.channels * INNER_PORTS.channelStep) return -1
  return place % INNER_PORTS.channelStep < INNER_PORTS.preamble ? place : -1
}

/** True for an ALPTP packet with a valid ALP packet at its start or offset. */
export function looksLikeAlptp(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isTransportType(bytes, start, end) || !packet.read(bytes, start, end) || !packet.marker) return false
  const at = packet.payloadStart + (packet.payloadType === RTP_TYPE.alptp ? packetOffset(packet.word) : 0)
  const fault = alp.read(bytes, at, packet.payloadEnd)
  if (fault === ALP_FAULT.empty || fault === ALP_FAULT.lengths || alp.type === ALP_TYPE.ts) return false
  if (alp.type === ALP_TYPE.signalling) return fault === ALP_FAULT.none
  return (
    alp.type === ALP_TYPE.ipv4 && alp.payloadStart < packet.payloadEnd && (bytes[alp.payloadStart] as number) >> 4 === 4
  )
}

/** True where a datagram may be DSTP: an RTP header before the service's own payload, which begins at byte 12. */
export function mayBeDstp(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === 0x80 && isTransportType(bytes, start, end)
}

/** Bytes before the payload in DSTP. */
export const DSTP_HEADER_BYTES = RTP_HEADER_BYTES

/** 0x50 to 0x5f in 2019; later 81 and 82, which are 0x51 and 0x52. */
function isTransportType(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > RTP_HEADER_BYTES && ((bytes[start + 1] as number) & 0x70) === 0x50
}
