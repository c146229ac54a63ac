import { u16At } from '../bytes/ints.ts'
import { formatIpv4 } from '../protocol/ip/address.ts'
import { foldSum, wordSum } from '../protocol/ip/checksum.ts'
import { i32, UDP } from '../protocol/ip/wire.ts'

/** In what the packets were found: an IP protocol, UDP to a port, frames of an EtherType (0: other framing). */
export type OuterKind = 'ip' | 'udp' | 'frame'

/** Packets that are not unwrapped, and the multicast that is in them. */
export type InnerFinding = {
  readonly kind: OuterKind
  readonly number: number
  readonly frame: number
  /** `ip:port`, in the order in which they were found. */
  readonly groups: Set<string>
}

/** Packets of one kind that are looked into. */
const LOOKED_INTO = 8
/** Kinds that are looked into. */
const MAX_KINDS = 64
const MAX_GROUPS = 16
/** An inner packet begins within so many bytes. */
const HEADER_BYTES = 128
const IPV4_AND_UDP = 28
const KINDS: readonly OuterKind[] = ['ip', 'udp', 'frame']

/**
 * Looks into some packets of which nothing could be read for multicast within: the headers of an IPv4 and UDP packet to a group,
 * which agree with each other. So it can be said what is there, although it is not known how it is wrapped.
 */
export class InnerGroups {
  readonly found: InnerFinding[] = []
  /** Packets looked into, by kind. */
  readonly #looked = new Map<number, number>()
  /** UDP ports of which enough was looked at. */
  readonly #done = new Uint8Array(65536)

  /** @param number of the protocol, port or EtherType */
  look(kind: OuterKind, number: number, bytes: Uint8Array, start: number, end: number, frame: number): void {
    if (kind === 'udp' && this.#done[number] === 1) return
    const key = KINDS.indexOf(kind) * 2 ** 24 + number
    const looked = this.#looked.get(key) ?? 0
    if (looked >= LOOKED_INTO || (looked === 0 && this.#looked.size >= MAX_KINDS)) {
      if (kind === 'udp') this.#done[number] = 1
      return
    }
    this.#looked.set(key, looked + 1)
    const group = groupWithin(bytes, start, end)
    if (group === null) return
    let finding = this.found.find((each) => each.kind === kind && each.number === number)
    if (finding === undefined) {
      finding = { kind, number, frame, groups: new Set() }
      this.found.push(finding)
    }
    if (finding.groups.size < MAX_GROUPS) finding.groups.add(group)
  }
}

/** `ip:port` of the multicast datagram within these bytes; null where there is none. */
function groupWithin(bytes: Uint8Array, start: number, end: number): string | null {
  const last = Math.min(end - IPV4_AND_UDP, start + HEADER_BYTES)
  for (let at = start; at <= last; at++) {
    if (bytes[at] !== 0x45 || bytes[at + 9] !== UDP || (bytes[at + 16] as number) >> 4 !== 14) continue
    const total = u16At(bytes, at + 2)
    // Network cards fill in the check sum later, so that of outgoing packets may be 0.
    const isSound = u16At(bytes, at + 10) === 0 || foldSum(wordSum(bytes, at, at + 20)) === 0xffff
    if (!isSound || total < IPV4_AND_UDP || u16At(bytes, at + 24) !== total - 20) continue
    return `${formatIpv4(i32(bytes, at + 16))}:${u16At(bytes, at + 22)}`
  }
  return null
}
