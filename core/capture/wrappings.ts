import { u16At } from '../bytes/ints.ts'
import { WRAPPINGS, type Wrapping } from '../contract/report.ts'
import type { Unwrapper } from '../protocol/ip/ip-reader.ts'
import { InnerGroups } from './inner-groups.ts'
import { LinkLayer } from './link-layer.ts'

const INDEX: Readonly<Record<Wrapping, number>> = Object.fromEntries(
  WRAPPINGS.map((wrapping, index) => [wrapping, index]),
) as Record<Wrapping, number>

/** Destination ports of UDP that may lead to a packet within. */
const PORT = {
  gtpU: 2152,
  lisp: 4341,
  greInUdp: 4754,
  vxlan: 4789,
  vxlanGpe: 4790,
  geneve: 6081,
  mplsInUdp: 6635,
  vxlanLinux: 8472,
  tzsp: 37008,
} as const
const IS_PORT = new Uint8Array(65536)
for (const port of Object.values(PORT)) IS_PORT[port] = 1

const ETHERNET = 0x6558
const MPLS = 0x8847
const WCCP = 0x883e
const ERSPAN = 0x88be
const ERSPAN_3 = 0x22eb
const PPP = 0x880b

/**
 * Packets within packets: what mirror ports, routers and overlays wrap around them, told by IP protocol or port. A wrapping is
 * taken for one only where an IP packet follows its header.
 */
export class Wrappings implements Unwrapper {
  /** Packets by kind, in the order of WRAPPINGS. */
  readonly counts = new Float64Array(WRAPPINGS.length)
  /** What is in packets that are not unwrapped. */
  readonly inner = new InnerGroups()
  /** VLAN of the inner frame. */
  vlan = 0
  /** Inner frames without IP are not counted beside those of the capture. */
  readonly #link = new LinkLayer()

  count(wrapping: Wrapping): void {
    const index = INDEX[wrapping]
    this.counts[index] = (this.counts[index] as number) + 1
  }

  mayWrap(port: number): boolean {
    return IS_PORT[port] === 1
  }

  ofUdp(port: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 8) return -1
    const first = bytes[start] as number
    switch (port) {
      case PORT.tzsp:
        return this.#found('tzsp', tzsp(bytes, start, end, this.#link), bytes, end)
      case PORT.vxlan:
      case PORT.vxlanLinux:
        // Flag I, and no version of LCT.
        if ((first & 0x78) !== 0x08 || bytes[start + 7] !== 0) return -1
        return this.#found('vxlan', this.#link.ethernet(bytes, start + 8, end), bytes, end)
      case PORT.vxlanGpe:
        if ((first & 0x0c) !== 0x0c) return -1
        return this.#found(
          'vxlan',
          (bytes[start + 3] as number) < 3 ? start + 8 : this.#link.ethernet(bytes, start + 8, end),
          bytes,
          end,
        )
      case PORT.geneve: {
        if (first >> 6 !== 0) return -1
        const at = start + 8 + (first & 63) * 4
        return this.#found('geneve', this.#typed(u16At(bytes, start + 2), bytes, at, end), bytes, end)
      }
      case PORT.gtpU:
        return this.#found('gtp', gtpU(bytes, start, end), bytes, end)
      case PORT.lisp:
        return this.#found('lisp', start + 8, bytes, end)
      case PORT.greInUdp:
        return this.#gre(bytes, start, end)
      case PORT.mplsInUdp:
        return this.#found('mpls', this.#link.payload(MPLS, bytes, start, end), bytes, end)
      default:
        return -1
    }
  }

  ofIp(protocol: number, bytes: Uint8Array, start: number, end: number): number {
    switch (protocol) {
      case 41:
        return this.#found('ip', start, bytes, end)
      case 47:
        return this.#gre(bytes, start, end)
      case 97:
        // RFC 3378: version 3 and reserved bits.
        return end - start < 2 || (bytes[start] as number) >> 4 !== 3
          ? -1
          : this.#found('etherip', this.#link.ethernet(bytes, start + 2, end), bytes, end)
      case 137:
        return this.#found('mpls', this.#link.payload(MPLS, bytes, start, end), bytes, end)
      default:
        return -1
    }
  }

  passedIp(protocol: number, bytes: Uint8Array, start: number, end: number, frame: number): void {
    this.inner.look('ip', protocol, bytes, start, end, frame)
  }

  passedUdp(port: number, bytes: Uint8Array, start: number, end: number, frame: number): void {
    this.inner.look('udp', port, bytes, start, end, frame)
  }

  /** RFC 2784, 2890 and, in version 1, 2637: which optional words there are is in the flags. */
  #gre(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 8) return -1
    const flags = u16At(bytes, start)
    const type = u16At(bytes, start + 2)
    const version = flags & 7
    if (version > 1 || (flags & 0x4000) !== 0) return -1
    let at = start + 4
    if ((flags & 0x8000) !== 0) at += 4
    if ((flags & 0x2000) !== 0) at += 4
    const numbered = (flags & 0x1000) !== 0
    if (numbered) at += 4
    if (version === 1 && (flags & 0x80) !== 0) at += 4
    if (type !== ERSPAN && type !== ERSPAN_3) {
      return this.#found('gre', this.#typed(type, bytes, at, end), bytes, end)
    }
    if (at + 12 > end) return -1
    if (type === ERSPAN) {
      // Type I has no header of its own, type II version 1 in the first four bits.
      if (numbered && (bytes[at] as number) >> 4 === 1) at += 8
    } else {
      // The last bit says that a subheader of the platform follows.
      at += ((bytes[at + 11] as number) & 1) === 0 ? 12 : 20
    }
    return this.#found('erspan', this.#link.ethernet(bytes, at, end), bytes, end)
  }

  #typed(type: number, bytes: Uint8Array, at: number, end: number): number {
    if (type === ETHERNET) return this.#link.ethernet(bytes, at, end)
    if (type === PPP) return this.#link.ppp(bytes, at, end)
    if (type === WCCP) return isIp(bytes, at, end) ? at : at + 4
    return this.#link.payload(type, bytes, at, end)
  }

  #found(wrapping: Wrapping, at: number, bytes: Uint8Array, end: number): number {
    if (at < 0 || !isIp(bytes, at, end)) return -1
    this.count(wrapping)
    this.vlan = this.#link.vlan
    return at
  }
}

/** TaZmen Sniffer Protocol: version 1, what is inside, and tags up to the one that ends them. */
function tzsp(bytes: Uint8Array, start: number, end: number, link: LinkLayer): number {
  if (bytes[start] !== 1 || (bytes[start + 1] as number) > 1 || u16At(bytes, start + 2) !== 1) return -1
  for (let at = start + 4; at < end; ) {
    const tag = bytes[at] as number
    if (tag === 1) return link.ethernet(bytes, at + 1, end)
    at += tag === 0 ? 1 : 2 + (bytes[at + 1] ?? 0)
  }
  return -1
}

/** 3GPP TS 29.281: a G-PDU, with a chain of extension headers where a flag says so. */
function gtpU(bytes: Uint8Array, start: number, end: number): number {
  const flags = bytes[start] as number
  if ((flags & 0xf0) !== 0x30 || bytes[start + 1] !== 255) return -1
  if ((flags & 7) === 0) return start + 8
  let at = start + 12
  let next = (flags & 4) === 0 ? 0 : (bytes[start + 11] ?? 0)
  while (next !== 0) {
    const words = bytes[at] ?? 0
    if (words === 0 || at + words * 4 > end) return -1
    next = bytes[at + words * 4 - 1] as number
    at += words * 4
  }
  return at
}

/** Whether an IPv4 or IPv6 packet begins here: its version, and lengths that are possible. */
function isIp(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 20 > end) return false
  const first = bytes[at] as number
  if (first >> 4 === 6) return at + 40 <= end
  return first >> 4 === 4 && (first & 15) >= 5 && u16At(bytes, at + 2) >= (first & 15) * 4
}
