import { u16At } from '../bytes/ints.ts'
import type { Wrapping } from '../contract/report.ts'
import { LINK_TYPE } from './link-types.ts'
import { fileU16, fileU32 } from './order.ts'

/** A frame behind a header that says its link type. */
export type WrappedFrame = { readonly wrapping: Wrapping; readonly linkType: number; readonly start: number }

/** Takes what a frame was wrapped in. */
export interface WrappingCounter {
  count(wrapping: Wrapping): void
}

/** A tag between an EtherType and the next: its length without either, and whether a whole frame follows it. */
type Tag = { readonly wrapping: Wrapping; readonly bytes: number; readonly frame: boolean }

const TAGS: ReadonlyMap<number, Tag> = new Map<number, Tag>([
  [0x8926, { wrapping: 'vn-tag', bytes: 4, frame: false }],
  // IEEE 802.1BR, whose tag has extended port numbers.
  [0x893f, { wrapping: 'e-tag', bytes: 6, frame: false }],
  // IEC 62439-3: path and size, sequence number.
  [0x892f, { wrapping: 'hsr', bytes: 4, frame: false }],
  // IEEE 802.1CB: sequence number.
  [0xf1c1, { wrapping: 'r-tag', bytes: 4, frame: false }],
  [0x8903, { wrapping: 'fabricpath', bytes: 2, frame: true }],
  // IEEE 802.1ah: the service's number, then the customer's frame.
  [0x88e7, { wrapping: 'i-tag', bytes: 4, frame: true }],
  [0x6558, { wrapping: 'ethernet', bytes: 0, frame: true }],
])
/** Tags of variable length, by their length in 4 bytes. */
const CISCO_CMD = [1, 2, 3, 4].map((words): Tag => ({ wrapping: 'cisco-cmd', bytes: 2 + 4 * words, frame: false }))
const TRILL = Array.from({ length: 32 }, (_, words): Tag => ({ wrapping: 'trill', bytes: 6 + 4 * words, frame: true }))

/** Returns the tag that this EtherType begins, with its content at `at`; null where it begins none. */
export function tagOf(etherType: number, bytes: Uint8Array, at: number, end: number): Tag | null {
  if (at + 2 > end) return null
  if (etherType === 0x8909) return CISCO_CMD[(bytes[at + 1] as number) - 1] ?? null
  // RFC 6325: the options' length is in the middle of the first word.
  if (etherType === 0x22f3) return TRILL[(u16At(bytes, at) >> 6) & 31] ?? null
  return TAGS.get(etherType) ?? null
}

const LITTLE = true

/** Returns the frame behind the header of a capturing program or router, which says what it is; null for an unknown one. */
export function frameWithin(linkType: number, bytes: Uint8Array, start: number, end: number): WrappedFrame | null {
  const size = end - start
  switch (linkType) {
    case LINK_TYPE.ppi:
      return size < 8
        ? null
        : inside('ppi', fileU32(bytes, start + 4, LITTLE), start, fileU16(bytes, start + 2, LITTLE), end)
    case LINK_TYPE.pktap:
      return size < 12
        ? null
        : inside('pktap', fileU32(bytes, start + 8, LITTLE), start, fileU32(bytes, start, LITTLE), end)
    case LINK_TYPE.juniperEthernet:
      return juniper(bytes, start, end)
    case LINK_TYPE.erf:
      return erf(bytes, start, end)
    default:
      return null
  }
}

function inside(wrapping: Wrapping, linkType: number, start: number, header: number, end: number): WrappedFrame | null {
  return header < 4 || start + header > end ? null : { wrapping, linkType, start: start + header }
}

/** `MGC`, flags, and where bit 7 is set an extension with its length; with bit 1 no link layer, but four bytes of protocol. */
function juniper(bytes: Uint8Array, start: number, end: number): WrappedFrame | null {
  if (end - start < 6 || u16At(bytes, start) !== 0x4d47 || bytes[start + 2] !== 0x43) return null
  const flags = bytes[start + 3] as number
  const header = (flags & 0x80) === 0 ? 4 : 6 + u16At(bytes, start + 4)
  return (flags & 2) === 0
    ? inside('juniper', LINK_TYPE.ethernet, start, header, end)
    : inside('juniper', LINK_TYPE.raw, start, header + 4, end)
}

const ERF_EXTENDED = 0x80
const ERF_ETHERNET: ReadonlySet<number> = new Set([2, 11, 16, 20])

/** Endace's records of Ethernet: 16 bytes, extensions of 8 bytes each, and two bytes of padding. */
function erf(bytes: Uint8Array, start: number, end: number): WrappedFrame | null {
  if (end - start < 18 || !ERF_ETHERNET.has((bytes[start + 8] as number) & 0x7f)) return null
  let header = 16
  let more = ((bytes[start + 8] as number) & ERF_EXTENDED) !== 0
  for (; more && start + header + 8 <= end; header += 8) {
    more = ((bytes[start + header] as number) & ERF_EXTENDED) !== 0
  }
  return inside('erf', LINK_TYPE.ethernet, start, header + 2, end)
}

const NFLOG_PAYLOAD = 9

/** Linux NFLOG: values with lengths, one of them the packet. @returns its position, -1 without */
export function nflogIp(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 4; at + 4 < end; ) {
    const length = fileU16(bytes, at, LITTLE)
    if ((fileU16(bytes, at + 2, LITTLE) & 0x7fff) === NFLOG_PAYLOAD) return at + 4
    if (length < 4) return -1
    at += (length + 3) & ~3
  }
  return -1
}
