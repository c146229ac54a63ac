import type { UserLinkType } from '../contract/session-spec.ts'

/** Link types (LINKTYPE_ registry of libpcap) that lead to IP packets. */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** DLT numbers that some old files carry: raw IP, or on OpenBSD LOOP. */
  rawDlt12: 12,
  rawDlt14: 14,
  pppSerial: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  loop: 108,
  linuxSll: 113,
  juniperEthernet: 178,
  /** Headers that say which link type follows. */
  ppi: 192,
  erf: 197,
  pppWithDirection: 204,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  pktap: 258,
  linuxSll2: 276,
  alp: 289,
} as const

const NAMES: Readonly<Record<number, string>> = {
  0: 'NULL',
  1: 'Ethernet',
  3: 'AX.25',
  6: 'token ring',
  7: 'ARCNET',
  8: 'SLIP',
  9: 'PPP',
  10: 'FDDI',
  12: 'RAW (DLT 12)',
  14: 'RAW (DLT 14)',
  50: 'PPP in HDLC framing',
  51: 'PPPoE',
  101: 'RAW',
  104: 'Cisco HDLC',
  105: 'IEEE 802.11',
  107: 'frame relay',
  108: 'LOOP',
  113: 'Linux SLL',
  117: 'PFLOG',
  119: 'IEEE 802.11 with Prism header',
  127: 'IEEE 802.11 with radiotap header',
  163: 'IEEE 802.11 with AVS header',
  187: 'Bluetooth HCI',
  189: 'Linux USB',
  178: 'Juniper Ethernet',
  192: 'PPI',
  195: 'IEEE 802.15.4',
  197: 'ERF',
  201: 'Bluetooth HCI',
  204: 'PPP with direction',
  220: 'Linux USB',
  227: 'SocketCAN',
  228: 'IPv4',
  229: 'IPv6',
  239: 'NFLOG',
  243: 'MPEG-2 transport stream',
  249: 'USBPcap',
  253: 'netlink',
  258: 'PKTAP',
  276: 'Linux SLL2',
  289: 'ATSC ALP',
}

const SUPPORTED: ReadonlySet<number> = new Set(Object.values(LINK_TYPE))

/** Link type to read frames as: that of the capture, or the user's choice for user-defined types. */
export function resolveLinkType(linkType: number, user: UserLinkType | null): number {
  const free = (linkType >= 147 && linkType <= 162) || linkType >= 65001
  if (!free || user === null) return linkType
  return user === 'raw' ? LINK_TYPE.raw : user === 'eth' ? LINK_TYPE.ethernet : LINK_TYPE.alp
}

/** Whether frames of this type are read; others are only counted. */
export function isLinkTypeSupported(linkType: number): boolean {
  return SUPPORTED.has(linkType)
}

/** Name for people, with the number: `Ethernet (1)`. */
export function linkTypeName(linkType: number): string {
  const user =
    linkType >= 147 && linkType <= 162 ? `USER${linkType - 147}` : linkType >= 65001 ? 'experimental' : 'unknown'
  return `${NAMES[linkType] ?? user} (${linkType})`
}

/** Advice for a link type that cannot be read. */
export function linkTypeAdvice(linkType: number): string {
  switch (linkType) {
    case 243:
      return 'This is a transport stream, not IP: record the multicast on the network side of the receiver.'
    case 105:
    case 119:
    case 127:
    case 163:
      return 'This is a Wi-Fi monitor capture: record it again in managed mode, so that it holds Ethernet frames.'
    default:
      if (resolveLinkType(linkType, 'raw') === LINK_TYPE.raw) {
        return 'Say what its frames are with --link-type raw, eth or alp.'
      }
      return 'Record it again on an Ethernet, loopback or "any" interface; Ethernet, NULL, LOOP, RAW, IPv4, IPv6, SLL, SLL2, PPP, PPI, PKTAP and ATSC ALP can be read.'
  }
}
