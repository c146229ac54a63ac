import { CodecError } from '../../bytes/codec-error.ts'
import { u16At, u24At, u32At } from '../../bytes/ints.ts'
import { RTP_HEADER_BYTES, writeRtpHeader } from './rtp.ts'

const FEC_HEADER_BYTES = 16
/** Offset of the XOR of the protected payloads. */
export const FEC_PAYLOAD_AT = RTP_HEADER_BYTES + FEC_HEADER_BYTES
/** Most packets protected by one FEC packet; ST 2022-1 allows matrices of 100. */
const MAX_PROTECTED = 255

/** An FEC packet of SMPTE ST 2022-1: the packets it protects, and the XOR of their header fields. */
export type FecPacket = {
  /** Sequence number of its own RTP header. */
  readonly sequence: number
  /** Sequence numbers of the protected packets: `base + k * step` for k below `count`. */
  readonly base: number
  readonly step: number
  readonly count: number
  /** XOR of the lengths after the RTP headers. */
  readonly length: number
  readonly payloadType: number
  readonly timestamp: number
  readonly row: boolean
}

/**
 * Parses an FEC packet: SNBase(16) length_rec(16), E(1) PT_rec(7) mask(24), TS_rec(32), X(1) D(1) type(3) index(3) offset(8)
 * NA(8) SNext(8), after an RTP header of payload type 96.
 * @throws CodecError fec-truncated | fec-matrix
 */
export function parseFecPacket(bytes: Uint8Array, start: number, end: number): FecPacket {
  if (end - start < FEC_PAYLOAD_AT) {
    throw new CodecError('fec-truncated', end, `an FEC packet needs ${FEC_PAYLOAD_AT} bytes, got ${end - start}`)
  }
  const at = start + RTP_HEADER_BYTES
  const step = bytes[at + 13] as number
  const count = bytes[at + 14] as number
  if (step === 0 || count === 0 || count > MAX_PROTECTED || u24At(bytes, at + 5) !== 0) {
    throw new CodecError('fec-matrix', at + 13, `an FEC packet over ${count} packets ${step} apart`)
  }
  return {
    sequence: u16At(bytes, start + 2),
    base: u16At(bytes, at),
    step,
    count,
    length: u16At(bytes, at + 2),
    payloadType: (bytes[at + 4] as number) & 0x7f,
    timestamp: u32At(bytes, at + 8),
    row: ((bytes[at + 12] as number) & 0x40) !== 0,
  }
}

/**
 * The FEC packet that protects `packets`, RTP packets with plain headers and sequence numbers `step` apart.
 * @throws CodecError fec-matrix for none, or too many
 */
export function fecPacketOf(packets: readonly Uint8Array[], step: number, row: boolean, sequence: number): Uint8Array {
  const first = packets[0]
  if (first === undefined || packets.length > MAX_PROTECTED || step < 1 || step > 255) {
    throw new CodecError('fec-matrix', 0, `${packets.length} packets ${step} apart cannot be protected`)
  }
  const longest = packets.reduce((length, packet) => Math.max(length, packet.length - RTP_HEADER_BYTES), 0)
  const out = new Uint8Array(FEC_PAYLOAD_AT + longest)
  writeRtpHeader({ marker: false, payloadType: 96, sequence: sequence & 0xffff, timestamp: 0, word: 0 }, out)
  const at = RTP_HEADER_BYTES
  let length = 0
  for (const packet of packets) {
    length ^= packet.length - RTP_HEADER_BYTES
    out[at + 4] = (out[at + 4] as number) ^ ((packet[1] as number) & 0x7f)
    for (let byte = 0; byte < 4; byte++) {
      out[at + 8 + byte] = (out[at + 8 + byte] as number) ^ (packet[4 + byte] as number)
    }
    xorInto(out, FEC_PAYLOAD_AT, packet, RTP_HEADER_BYTES, packet.length)
  }
  out[at] = first[2] as number
  out[at + 1] = first[3] as number
  out[at + 2] = length >>> 8
  out[at + 3] = length
  out[at + 4] = (out[at + 4] as number) | 0x80
  out[at + 12] = row ? 0x40 : 0
  out[at + 13] = step
  out[at + 14] = packets.length
  return out
}

/** XORs `from[start, end)` onto `into` at `at`, up to its end. */
export function xorInto(into: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  const count = Math.min(end - start, into.length - at)
  for (let index = 0; index < count; index++) {
    into[at + index] = (into[at + index] as number) ^ (from[start + index] as number)
  }
}
