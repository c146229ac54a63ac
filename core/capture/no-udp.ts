import type { AppError } from '../contract/app-error.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { AlpCounters } from '../protocol/alp/alp-receiver.ts'
import { captureLabel } from './capture-errors.ts'
import { WITHIN_LINK } from './link-layer.ts'
import { linkTypeAdvice, linkTypeName } from './link-types.ts'
import { type PassedFrames, passedText } from './passed-frames.ts'

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IP-in-IP',
  6: 'TCP',
  41: 'IPv6-in-IP',
  47: 'GRE',
  50: 'ESP',
  58: 'ICMPv6',
  89: 'OSPF',
  103: 'PIM',
  132: 'SCTP',
}

const ETHER_TYPES: Readonly<Record<number, string>> = {
  0: 'other framing',
  2054: 'ARP',
  34525: 'IPv6',
  34887: 'MPLS',
  34916: 'PPPoE',
  35020: 'LLDP',
  35041: 'AVB',
  35063: 'PTP',
}

/** Contents of ALP packets without IP. */
const ALP_CONTENTS: readonly (readonly [keyof AlpCounters, string])[] = [
  ['ts', 'MPEG-2 transport stream'],
  ['rohc', 'compressed IP headers'],
  ['signalling', 'link-layer signalling'],
  ['extension', 'the extension type'],
  ['reserved', 'reserved types'],
]

type Found = {
  readonly counters: {
    readonly frames: number
    readonly malformed: number
    readonly cutBySnaplen: number
    readonly fragmentsDropped: number
  }
  /** Packets by IP protocol number. */
  readonly protocols: ArrayLike<number>
  /** Frames without IP by EtherType. */
  readonly otherTypes: ReadonlyMap<number, number>
  /** ALP packets by content; null for captures without ALP. */
  readonly alp: Readonly<AlpCounters> | null
  readonly passed: PassedFrames
  readonly warnings: readonly AppError[]
}

/** Failure that names the contents of a capture without UDP. */
export function noUdpFailure(files: readonly string[], found: Found): AppFailure {
  const { counters } = found
  const several = files.length > 1
  const label = several ? `None of the ${files.length} captures` : captureLabel(files[0] as string)
  if (counters.frames === 0) {
    const damaged = found.warnings[0]
    return new AppFailure(
      damaged === undefined ? 'no-udp-in-capture' : 'capture-corrupt',
      damaged?.message ?? (several ? `${label} holds a packet.` : `${label} holds no packets at all.`),
      'Record it again while the multicast is received on that interface, for example with `tcpdump -i any udp -w file.pcap`.',
    )
  }
  const parts: [string, number][] = []
  for (let protocol = 0; protocol < 256; protocol++) {
    const count = found.protocols[protocol] as number
    if (count > 0) parts.push([protocolName(protocol), count])
  }
  for (const [type, count] of found.otherTypes) {
    parts.push([otherName(type), count])
  }
  for (const [counter, name] of ALP_CONTENTS) {
    const count = found.alp?.[counter] ?? 0
    if (count > 0) parts.push([`ALP packets of ${name}`, count])
  }
  if (counters.malformed > 0) parts.push(['malformed', counters.malformed])
  for (const kind of found.passed.kinds) parts.push([passedText(kind).replace(/^\d+ \w+ /, ''), kind.count])
  if (counters.fragmentsDropped > 0) parts.push(['fragments without the rest', counters.fragmentsDropped])
  parts.sort((a, b) => b[1] - a[1])
  const list = parts.slice(0, 5).map(([name, count]) => `${count} ${name}`)
  const contents = list.length === 0 ? '' : ` (${list.join(', ')})`
  return new AppFailure(
    'no-udp-in-capture',
    `${label} holds ${several ? '' : 'no '}UDP: ${several ? 'their' : 'its'} ${counters.frames} packets are of other kinds${contents}.`,
    counters.cutBySnaplen > 0
      ? 'Record it again with whole packets: `tcpdump -s 0`.'
      : (innerAdvice(found.otherTypes) ??
          'Record it again where the multicast arrives; a capture filter such as `udp` or `net 224.0.0.0/4` keeps what is needed.'),
  )
}

/** Name of an IP protocol. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `IP protocol ${protocol}`
}

/** Name of frames without IP, by EtherType; above `WITHIN_LINK` by the link type within. */
export function otherName(type: number): string {
  if (type >= WITHIN_LINK) return `of link type ${linkTypeName(type - WITHIN_LINK)}`
  return ETHER_TYPES[type] ?? `EtherType 0x${type.toString(16).padStart(4, '0')}`
}

/** Advice where frames of a link type that is not read are within another one. */
function innerAdvice(otherTypes: ReadonlyMap<number, number>): string | null {
  for (const type of otherTypes.keys()) if (type >= WITHIN_LINK) return linkTypeAdvice(type - WITHIN_LINK)
  return null
}
