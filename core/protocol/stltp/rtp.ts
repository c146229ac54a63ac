import { CodecError } from '../../bytes/codec-error.ts'
import { u16At, u32At } from '../../bytes/ints.ts'

/** The fixed header. RFC 3550 §5.1. */
export const RTP_HEADER_BYTES = 12

/** Payload types of A/324 2019, and those of later editions. */
export const RTP_TYPE = {
  tunnel: 97,
  fec: 96,
  baseband: 78,
  preamble: 77,
  timing: 76,
  securityFirst: 80,
  securitySecond: 81,
  /** ALPTP of later editions; 2019 has 0x50 to 0x5f for DSTP and ALPTP. */
  alptp: 82,
} as const

/**
 * An RTP packet read in place (RFC 3550 §5.1); one instance is reused. The last header word is not an SSRC in A/324, so it is
 * kept unread.
 */
export class RtpPacket {
  marker = false
  payloadType = 0
  sequence = 0
  timestamp = 0
  /** The word in place of the SSRC. */
  word = 0
  payloadStart = 0
  payloadEnd = 0

  /** @returns false where `bytes[start, end)` is not an RTP packet */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < RTP_HEADER_BYTES) return false
    const first = bytes[start] as number
    if (first >> 6 !== 2) return false
    const second = bytes[start + 1] as number
    this.marker = second >= 0x80
    this.payloadType = second & 0x7f
    this.sequence = u16At(bytes, start + 2)
    this.timestamp = u32At(bytes, start + 4)
    this.word = u32At(bytes, start + 8)
    let at = start + RTP_HEADER_BYTES + (first & 15) * 4
    let stop = end
    if ((first & 0x20) !== 0) stop -= bytes[end - 1] as number
    if ((first & 0x10) !== 0) {
      if (at + 4 > stop) return false
      at += 4 + u16At(bytes, at + 2) * 4
    }
    if (at > stop) return false
    this.payloadStart = at
    this.payloadEnd = stop
    return true
  }
}

/** A plain header: no padding, extension or contributing sources. */
export type RtpHeader = {
  readonly marker: boolean
  readonly payloadType: number
  readonly sequence: number
  readonly timestamp: number
  readonly word: number
}

/** Writes the 12 bytes at `at`. @throws CodecError out-of-range where they do not fit */
export function writeRtpHeader(header: RtpHeader, into: Uint8Array, at = 0): void {
  if (at + RTP_HEADER_BYTES > into.length) throw new CodecError('out-of-range', at, 'no room for an RTP header')
  into[at] = 0x80
  into[at + 1] = (header.marker ? 0x80 : 0) | header.payloadType
  into[at + 2] = header.sequence >>> 8
  into[at + 3] = header.sequence
  for (let byte = 0; byte < 4; byte++) {
    into[at + 4 + byte] = header.timestamp >>> (24 - byte * 8)
    into[at + 8 + byte] = header.word >>> (24 - byte * 8)
  }
}

/** The packet offset in a tunnel packet's header: 16 bits; editions with 32 bits read the same. */
export function packetOffset(word: number): number {
  return word & 0xffff
}

/** Timestamp of A/324: seconds mod 2^22, then 10 bits of 1.048576 ms. */
export function tunnelTimestamp(timeUs: number): number {
  const seconds = Math.floor(timeUs / 1e6) % 0x40_0000
  const fraction = Math.floor(((timeUs % 1e6) * 1000) / 0x10_0000)
  return seconds * 1024 + fraction
}

/** Distance from `than` to `sequence`, in 16 bits that wrap; negative where it is before. */
export function sequenceDistance(sequence: number, than: number): number {
  return ((sequence - than) << 16) >> 16
}
