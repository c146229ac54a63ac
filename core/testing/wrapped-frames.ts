import type { Wrapping } from '../contract/report.ts'
import { ethernet, ipv4Packet, ipv4Udp } from './capture-builder.ts'

/** How a mirror port, router or overlay passes on an Ethernet frame; `linkType` is that of the result. It shares no code with the readers. */
export type WrappedBy = {
  readonly name: string
  readonly kind: Wrapping | null
  readonly linkType: number
  readonly wrap: (frame: readonly number[]) => number[]
}

const OUTER = { source: [10, 0, 0, 1], destination: [10, 0, 0, 2], sourcePort: 40000 }

function inUdp(destinationPort: number, header: readonly number[], from = 0): WrappedBy['wrap'] {
  return (frame) => ethernet(ipv4Udp([...header, ...frame.slice(from)], { ...OUTER, destinationPort }))
}

function inIp(protocol: number, header: readonly number[], from = 0): WrappedBy['wrap'] {
  return (frame) => ethernet(ipv4Packet([...header, ...frame.slice(from)], { ...OUTER, protocol }))
}

/** A tag between the addresses and the EtherType. */
function tagged(tag: readonly number[]): WrappedBy['wrap'] {
  return (frame) => [...frame.slice(0, 12), ...tag, ...frame.slice(12)]
}

/** A whole frame behind a frame's EtherType and header. */
function framed(etherType: number, header: readonly number[]): WrappedBy['wrap'] {
  return (frame) => ethernet([...header, ...frame], etherType)
}

/** A header before the frame, or in place of its first bytes. */
function behind(header: readonly number[], from = 0): WrappedBy['wrap'] {
  return (frame) => [...header, ...frame.slice(from)]
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0)
const ETHERNET = 14

/** Every wrapping that is undone, in its variants. */
export const WRAPPED_BY: readonly WrappedBy[] = [
  { name: 'TZSP', kind: 'tzsp', linkType: 1, wrap: inUdp(37008, [1, 0, 0, 1, 1]) },
  { name: 'TZSP with tags', kind: 'tzsp', linkType: 1, wrap: inUdp(37008, [1, 0, 0, 1, 0, 10, 1, 99, 1]) },
  { name: 'ERSPAN I', kind: 'erspan', linkType: 1, wrap: inIp(47, [0, 0, 0x88, 0xbe]) },
  {
    name: 'ERSPAN II',
    kind: 'erspan',
    linkType: 1,
    wrap: inIp(47, [0x10, 0, 0x88, 0xbe, 0, 0, 0, 7, 0x10, 0, 0, 101, 0, 0, 0, 0]),
  },
  {
    name: 'ERSPAN III',
    kind: 'erspan',
    linkType: 1,
    wrap: inIp(47, [0x10, 0, 0x22, 0xeb, 0, 0, 0, 7, 0x20, 0, 0, 101, ...zeros(8)]),
  },
  {
    name: 'ERSPAN III with a subheader',
    kind: 'erspan',
    linkType: 1,
    wrap: inIp(47, [0x10, 0, 0x22, 0xeb, 0, 0, 0, 7, 0x20, 0, 0, 101, ...zeros(7), 1, ...zeros(8)]),
  },
  { name: 'GRE', kind: 'gre', linkType: 1, wrap: inIp(47, [0, 0, 8, 0], ETHERNET) },
  {
    name: 'GRE with check sum, key and number',
    kind: 'gre',
    linkType: 1,
    wrap: inIp(47, [0xb0, 0, 8, 0, ...zeros(12)], ETHERNET),
  },
  { name: 'NVGRE', kind: 'gre', linkType: 1, wrap: inIp(47, [0x20, 0, 0x65, 0x58, 0, 0, 7, 0]) },
  {
    name: 'PPTP',
    kind: 'gre',
    linkType: 1,
    wrap: inIp(47, [0x30, 0x01, 0x88, 0x0b, ...zeros(8), 0xff, 3, 0, 0x21], ETHERNET),
  },
  { name: 'EtherIP', kind: 'etherip', linkType: 1, wrap: inIp(97, [0x30, 0]) },
  { name: 'MPLS in IP', kind: 'mpls', linkType: 1, wrap: inIp(137, [0, 1, 1, 64], ETHERNET) },
  { name: 'VXLAN', kind: 'vxlan', linkType: 1, wrap: inUdp(4789, [8, 0, 0, 0, 0, 0, 77, 0]) },
  { name: 'VXLAN of Linux', kind: 'vxlan', linkType: 1, wrap: inUdp(8472, [8, 0, 0, 0, 0, 0, 77, 0]) },
  { name: 'VXLAN-GPE', kind: 'vxlan', linkType: 1, wrap: inUdp(4790, [0x0c, 0, 0, 1, 0, 0, 77, 0], ETHERNET) },
  {
    name: 'Geneve with options',
    kind: 'geneve',
    linkType: 1,
    wrap: inUdp(6081, [1, 0, 0x65, 0x58, 0, 0, 7, 0, ...zeros(4)]),
  },
  {
    name: 'GTP-U',
    kind: 'gtp',
    linkType: 1,
    wrap: inUdp(2152, [0x34, 255, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0], ETHERNET),
  },
  { name: 'Cisco CMD', kind: 'cisco-cmd', linkType: 1, wrap: tagged([0x89, 0x09, 1, 1, 0, 1, 0, 0]) },
  { name: 'VN-Tag', kind: 'vn-tag', linkType: 1, wrap: tagged([0x89, 0x26, 0, 0, 0, 0]) },
  { name: 'VN-Tag before a VLAN', kind: 'vn-tag', linkType: 1, wrap: tagged([0x89, 0x26, 0, 0, 0, 0, 0x81, 0, 0, 5]) },
  { name: 'HSR', kind: 'hsr', linkType: 1, wrap: tagged([0x89, 0x2f, 0, 60, 0, 1]) },
  { name: 'R-Tag', kind: 'r-tag', linkType: 1, wrap: tagged([0xf1, 0xc1, 0, 0, 0, 1]) },
  { name: 'E-Tag', kind: 'e-tag', linkType: 1, wrap: tagged([0x89, 0x3f, ...zeros(6)]) },
  { name: 'I-Tag', kind: 'i-tag', linkType: 1, wrap: framed(0x88e7, [0, 0, 0, 7]) },
  { name: 'FabricPath', kind: 'fabricpath', linkType: 1, wrap: framed(0x8903, [0, 0x60]) },
  { name: 'TRILL', kind: 'trill', linkType: 1, wrap: framed(0x22f3, [0, 0x20, 0, 1, 0, 2]) },
  { name: 'an MPLS pseudowire', kind: 'mpls', linkType: 1, wrap: framed(0x8847, [0, 1, 1, 64, 0, 0, 0, 0]) },
  {
    name: 'PPPoE',
    kind: null,
    linkType: 1,
    wrap: (frame) => ethernet([0x11, 0, 0, 1, 0, 0, 0, 0x21, ...frame.slice(ETHERNET)], 0x8864),
  },
  { name: 'PPP', kind: null, linkType: 9, wrap: behind([0xff, 3, 0, 0x21], ETHERNET) },
  { name: 'PPP in short', kind: null, linkType: 9, wrap: behind([0x21], ETHERNET) },
  { name: 'Cisco HDLC', kind: null, linkType: 104, wrap: behind([0x0f, 0, 8, 0], ETHERNET) },
  { name: 'PPP with direction', kind: null, linkType: 204, wrap: behind([1, 0xff, 3, 0, 0x21], ETHERNET) },
  {
    name: 'NFLOG',
    kind: null,
    linkType: 239,
    wrap: (frame) => [
      2,
      0,
      0,
      0,
      8,
      0,
      10,
      0,
      ...zeros(4),
      frame.length - ETHERNET + 4,
      0,
      9,
      0,
      ...frame.slice(ETHERNET),
    ],
  },
  { name: 'Juniper Ethernet', kind: 'juniper', linkType: 178, wrap: behind([0x4d, 0x47, 0x43, 0x81, 0, 0]) },
  { name: 'PPI', kind: 'ppi', linkType: 192, wrap: behind([0, 0, 8, 0, 1, 0, 0, 0]) },
  { name: 'PKTAP', kind: 'pktap', linkType: 258, wrap: behind([108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, ...zeros(96)]) },
  { name: 'ERF', kind: 'erf', linkType: 197, wrap: behind([...zeros(8), 2, 4, 0, 100, 0, 0, 0, 82, 0, 0]) },
]
