import { u16At } from '../bytes/ints.ts'
import type { Wrapping } from '../contract/report.ts'
import { isLinkTypeSupported, LINK_TYPE } from './link-types.ts'
import { frameWithin, nflogIp, tagOf, type WrappedFrame, type WrappingCounter } from './link-wrappings.ts'

const MAX_VLAN_TAGS = 8
/** Limit of headers within headers: tags, labels, and frames within frames. */
const MAX_DEPTH = 6
/** Kinds of frames without IP above this are frames of an unsupported link type within another one. */
export const WITHIN_LINK = 0x10000
/** Limit of kinds of non-IP frames remembered for the message about a capture without UDP. */
const MAX_OTHER_TYPES = 64

/** Finds the IP packet in a captured frame. One instance per capture; nothing is allocated per frame. */
export class LinkLayer {
  /** VLAN of the last Ethernet frame, outer and inner id mixed; 0 without a tag. Part of the fragment key. */
  vlan = 0
  /** Frames without IP by EtherType; 0 stands for other framing. */
  readonly otherTypes = new Map<number, number>()
  /** Of the last frame without IP. */
  lastOther = 0
  readonly #wrappings: WrappingCounter | null
  #depth = 0

  /** @param wrappings counts what frames are wrapped in */
  constructor(wrappings: WrappingCounter | null = null) {
    this.#wrappings = wrappings
  }

  /** @returns where in `bytes[start, end)` the IP packet starts, -1 where there is none */
  ip(linkType: number, bytes: Uint8Array, start: number, end: number): number {
    this.vlan = 0
    this.#depth = 0
    return this.#ip(linkType, bytes, start, end)
  }

  /** The same for an Ethernet frame within a packet; frames without IP are not counted. */
  ethernet(bytes: Uint8Array, start: number, end: number): number {
    this.vlan = 0
    this.#depth = 1
    return end - start < 14 ? -1 : this.#etherType(bytes, start + 12, end)
  }

  /** The same for what follows an EtherType. */
  payload(etherType: number, bytes: Uint8Array, start: number, end: number): number {
    this.vlan = 0
    this.#depth = 1
    return this.#protocol(etherType, bytes, start, end)
  }

  /** The same for a PPP frame, with or without address and control. */
  ppp(bytes: Uint8Array, start: number, end: number): number {
    this.vlan = 0
    this.#depth = 1
    return this.#ppp(bytes, start, end)
  }

  #ip(linkType: number, bytes: Uint8Array, start: number, end: number): number {
    switch (linkType) {
      case LINK_TYPE.ethernet:
        return end - start < 14 ? -1 : this.#etherType(bytes, start + 12, end)
      case LINK_TYPE.null:
        return this.#addressFamily(bytes, start, end, true)
      case LINK_TYPE.loop:
        return this.#addressFamily(bytes, start, end, false)
      case LINK_TYPE.raw:
      case LINK_TYPE.ipv4:
      case LINK_TYPE.ipv6:
        return start < end ? start : -1
      case LINK_TYPE.rawDlt12:
      case LINK_TYPE.rawDlt14: {
        if (start >= end) return -1
        const version = (bytes[start] as number) >> 4
        return version === 4 || version === 6 ? start : this.#addressFamily(bytes, start, end, false)
      }
      case LINK_TYPE.linuxSll:
        return end - start < 16 ? -1 : this.#protocol(u16At(bytes, start + 14), bytes, start + 16, end)
      case LINK_TYPE.linuxSll2:
        return end - start < 20 ? -1 : this.#protocol(u16At(bytes, start), bytes, start + 20, end)
      case LINK_TYPE.ppp:
      case LINK_TYPE.pppSerial:
      case LINK_TYPE.ciscoHdlc:
        return isCiscoHdlc(bytes, start, end)
          ? this.#protocol(u16At(bytes, start + 2), bytes, start + 4, end)
          : this.#ppp(bytes, start, end)
      case LINK_TYPE.pppWithDirection:
        return this.#ppp(bytes, start + 1, end)
      case LINK_TYPE.pppoe:
        return this.#ppp(bytes, start + 6, end)
      case LINK_TYPE.nflog:
        return nflogIp(bytes, start, end)
      default:
        return this.#within(frameWithin(linkType, bytes, start, end), bytes, end)
    }
  }

  /** A frame behind a header that says its link type. */
  #within(frame: WrappedFrame | null, bytes: Uint8Array, end: number): number {
    if (frame === null || ++this.#depth > MAX_DEPTH) return this.#other(0)
    if (!isLinkTypeSupported(frame.linkType)) return this.#other(WITHIN_LINK + frame.linkType)
    this.#count(frame.wrapping)
    return this.#ip(frame.linkType, bytes, frame.start, end)
  }

  #count(wrapping: Wrapping): void {
    this.#wrappings?.count(wrapping)
  }

  /** NULL and LOOP: four bytes of address family; the IP version behind them is more reliable. */
  #addressFamily(bytes: Uint8Array, start: number, end: number, hostOrder: boolean): number {
    if (end - start < 5) return -1
    const high = u16At(bytes, start)
    const low = u16At(bytes, start + 2)
    // The host's order is not known: the family is the reading below 65536.
    const family = high === 0 ? low : hostOrder && low === 0 ? swap16(high) : -1
    const version = (bytes[start + 4] as number) >> 4
    if (family === 2 && version !== 4) return this.#other(0)
    if (family < 0 || (version !== 4 && version !== 6)) return this.#other(0)
    return start + 4
  }

  #etherType(bytes: Uint8Array, typeAt: number, end: number): number {
    let at = typeAt
    let type = u16At(bytes, at)
    for (let tags = 0; isVlanTag(type) && tags < MAX_VLAN_TAGS; tags++) {
      if (at + 6 > end) return -1
      this.vlan = ((this.vlan << 12) | (u16At(bytes, at + 2) & 0xfff)) & 0xffffff
      at += 4
      type = u16At(bytes, at)
    }
    at += 2
    if (type <= 1500) {
      // IEEE 802.3 length: IP only behind LLC/SNAP aa aa 03 00 00 00.
      if (at + 8 > end || u16At(bytes, at) !== 0xaaaa || u16At(bytes, at + 2) !== 0x0300 || bytes[at + 4] !== 0) {
        return this.#other(0)
      }
      type = u16At(bytes, at + 6)
      at += 8
    }
    return this.#protocol(type, bytes, at, end)
  }

  #protocol(etherType: number, bytes: Uint8Array, start: number, end: number): number {
    let type = etherType
    let at = start
    if (isVlanTag(type) && at + 4 <= end) {
      this.vlan = u16At(bytes, at) & 0xfff
      type = u16At(bytes, at + 2)
      at += 4
    }
    if (type === 0x0800 || type === 0x86dd) return at < end ? at : -1
    if (++this.#depth > MAX_DEPTH) return this.#other(type)
    if (type === 0x8847 || type === 0x8848) return this.#mpls(type, bytes, at, end)
    if (type === 0x8864 && at + 8 < end) {
      const ip = this.#ppp(bytes, at + 6, end)
      return ip < 0 ? this.#other(type) : ip
    }
    const tag = tagOf(type, bytes, at, end)
    // Behind the tag is an EtherType, or a whole frame with its addresses.
    const typeAt = tag === null ? end : at + tag.bytes + (tag.frame ? 12 : 0)
    if (tag === null || typeAt + 2 > end) return this.#other(type)
    this.#count(tag.wrapping)
    return this.#etherType(bytes, typeAt, end)
  }

  #mpls(type: number, bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at + 4 < end) {
      const bottom = ((bytes[at + 2] as number) & 1) !== 0
      at += 4
      if (!bottom) continue
      if (isIpVersion(bytes[at] as number)) return at
      // A pseudowire: an Ethernet frame, mostly behind a control word of which the first four bits are 0.
      const frame = u16At(bytes, at) >> 12 === 0 && at + 18 < end ? at + 4 : at
      if (frame + 14 > end) break
      const ip = this.#etherType(bytes, frame + 12, end)
      if (ip < 0) return ip
      this.#count('mpls')
      return ip
    }
    return this.#other(type)
  }

  /** PPP: address and control may be left out, and the first byte of the protocol. */
  #ppp(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    if (at + 2 < end && u16At(bytes, at) === 0xff03) at += 2
    if (at + 3 > end) return this.#other(0)
    const short = ((bytes[at] as number) & 1) !== 0
    const protocol = short ? (bytes[at] as number) : u16At(bytes, at)
    at += short ? 1 : 2
    if (protocol === 0x0021 || protocol === 0x0057) return at
    if (protocol === 0x0281 || protocol === 0x0283) return this.#protocol(0x8847, bytes, at, end)
    return this.#other(0)
  }

  #other(type: number): number {
    this.lastOther = type
    const count = this.otherTypes.get(type)
    if (count !== undefined || this.otherTypes.size < MAX_OTHER_TYPES) this.otherTypes.set(type, (count ?? 0) + 1)
    return -1
  }
}

function isVlanTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200 || type === 0x9300
}

/** Cisco HDLC, whose first byte is the kind of address; PPP has ff or a protocol there. */
function isCiscoHdlc(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 5 && (bytes[start] === 0x0f || bytes[start] === 0x8f) && bytes[start + 1] === 0
}

function isIpVersion(first: number): boolean {
  return first >> 4 === 4 || first >> 4 === 6
}

function swap16(value: number): number {
  return ((value & 255) << 8) | (value >>> 8)
}
