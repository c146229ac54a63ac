import { u16At } from '../../bytes/ints.ts'
import type { DatagramSink, Flow } from '../../flow/datagrams.ts'
import { foldSum, wordSum } from './checksum.ts'
import type { FlowTable } from './flow-table.ts'
import { Reassembler } from './fragments.ts'
import { i32 } from './wire.ts'

const UDP = 17
const IP_IN_IP = 4
const MAX_TUNNELS = 2
const MAX_EXTENSIONS = 8
const FRAGMENT_HEADER = 44
const AUTHENTICATION_HEADER = 51
/** `short`: a length says more than there is. */
const FAULT = { none: 0, short: 1, malformed: 2 } as const

/** What an IpReader has seen so far. */
export type IpCounters = {
  /** UDP datagrams handed on, and their payload bytes. */
  udp: number
  bytes: number
  /** IP packets of another protocol. */
  nonUdp: number
  malformed: number
  /** Datagrams that the capture holds only in part, because its snap length cut them. */
  cutBySnaplen: number
  fragments: number
  reassembled: number
  /** IPv4 header checksums that are neither right nor 0; the packets are used all the same. */
  wrongChecksums: number
  /** Packets that were several datagrams merged by the capturing host; each of these is among `udp`. */
  merged: number
  /** Payloads larger than an Ethernet frame holds that were taken as one datagram. */
  large: number
}

/** Tells whether one large UDP payload is several datagrams that the capturing host had merged. */
export interface PacketSplitter {
  /** Payloads up to here are never asked about, bytes. */
  readonly above: number
  /** @returns the length of each piece, the last one may be shorter; 0 where it is one datagram */
  pieceBytes(flowId: number, bytes: Uint8Array, start: number, end: number): number
}

/**
 * Takes IP packets down to UDP payloads: IPv4 and IPv6, extension headers, fragments, IP in IP. Parses in place.
 * Set `timeUs`, `frame`, `vlan` and `cut` before each packet: as arguments the times would be allocated.
 */
export class IpReader {
  timeUs = 0
  frame = 0
  vlan = 0
  /** The record holds less than was on the wire. */
  cut = false
  /** Asked about large payloads; null where none can be merged. */
  splitter: PacketSplitter | null = null
  readonly counters: IpCounters = {
    udp: 0,
    bytes: 0,
    nonUdp: 0,
    malformed: 0,
    cutBySnaplen: 0,
    fragments: 0,
    reassembled: 0,
    wrongChecksums: 0,
    merged: 0,
    large: 0,
  }
  /** Packets by IP protocol number, to say what a capture without UDP holds. */
  readonly protocols = new Float64Array(256)
  readonly #flows: FlowTable
  readonly #sink: DatagramSink
  readonly #fragments = new Reassembler()
  /** Flow of the last whole IPv4 datagram, and what its packets have in common. */
  #flow: Flow | null = null
  #source = 0
  #destination = 0
  #ports = 0
  #plp = -1

  constructor(flows: FlowTable, sink: DatagramSink) {
    this.#flows = flows
    this.#sink = sink
  }

  get fragmentsDropped(): number {
    return this.#fragments.dropped
  }

  /** An IP packet starts at `start`; `end` is the end of what was captured, padding and FCS included. */
  packet(bytes: Uint8Array, start: number, end: number): void {
    if (this.#again(bytes, start, end)) return
    const fault = this.#packet(bytes, start, end, 0)
    if (fault === FAULT.none) return
    // What the snap length cut off is no fault of the sender.
    if (fault === FAULT.short && this.cut) this.counters.cutBySnaplen++
    else this.counters.malformed++
  }

  /** What should hold an IP packet ends before one could be found in it. */
  brokenOff(): void {
    if (this.cut) this.counters.cutBySnaplen++
    else this.counters.malformed++
  }

  /** The capture ended: waiting fragments are given up. */
  flush(): void {
    this.#fragments.flush()
  }

  /** The usual packet in one step: whole, without options, of the flow that had the last one. @returns false for any other */
  #again(bytes: Uint8Array, start: number, end: number): boolean {
    const flow = this.#flow
    if (flow === null || end - start < 28 || bytes[start] !== 0x45 || bytes[start + 9] !== UDP) return false
    const total = u16At(bytes, start + 2)
    const stop = start + total
    if (stop > end || total < 28 || u16At(bytes, start + 24) !== total - 20) return false
    if ((u16At(bytes, start + 6) & 0x3fff) !== 0 || this.#plp !== this.#flows.plp) return false
    if (i32(bytes, start + 12) !== this.#source || i32(bytes, start + 16) !== this.#destination) return false
    if (i32(bytes, start + 20) !== this.#ports) return false
    if (this.splitter !== null && total - 28 > this.splitter.above) return false
    if (u16At(bytes, start + 10) !== 0 && foldSum(wordSum(bytes, start, start + 20)) !== 0xffff) {
      this.counters.wrongChecksums++
    }
    this.counters.udp++
    this.counters.bytes += total - 28
    this.#sink.datagram(flow, bytes, start + 28, stop, this.timeUs, this.frame)
    return true
  }

  #packet(bytes: Uint8Array, start: number, end: number, tunnels: number): number {
    if (start >= end) return FAULT.short
    const version = (bytes[start] as number) >> 4
    if (version === 4) return this.#ipv4(bytes, start, end, tunnels)
    if (version === 6) return this.#ipv6(bytes, start, end, tunnels)
    return FAULT.malformed
  }

  #ipv4(bytes: Uint8Array, start: number, end: number, tunnels: number): number {
    if (end - start < 20) return FAULT.short
    const header = ((bytes[start] as number) & 15) * 4
    const total = u16At(bytes, start + 2)
    // Total length 0 is left by segmentation offload: the packet is what was captured.
    const stop = total === 0 ? end : start + total
    if (header < 20 || stop < start + header) return FAULT.malformed
    if (stop > end) return FAULT.short
    if (u16At(bytes, start + 10) !== 0 && foldSum(wordSum(bytes, start, start + header)) !== 0xffff) {
      this.counters.wrongChecksums++
    }
    const protocol = bytes[start + 9] as number
    const fragment = u16At(bytes, start + 6)
    if ((fragment & 0x3fff) === 0) {
      return this.#transport(protocol, bytes, start + header, stop, bytes, start + 12, 4, tunnels)
    }
    const key = this.#fragments.key
    key.fill(0)
    key[0] = (this.vlan << 4) | 4
    key[1] = u16At(bytes, start + 4)
    key[2] = protocol
    key[3] = i32(bytes, start + 12)
    key[7] = i32(bytes, start + 16)
    return this.#fragment(protocol, bytes, start + header, stop, (fragment & 0x1fff) * 8, (fragment & 0x2000) !== 0, {
      at: start + 12,
      family: 4,
      tunnels,
    })
  }

  #ipv6(bytes: Uint8Array, start: number, end: number, tunnels: number): number {
    if (end - start < 40) return FAULT.short
    const payload = u16At(bytes, start + 4)
    if (payload === 0) return FAULT.malformed // a jumbogram
    // GPAC writes a payload length that is 40 too large; the UDP length decides whether something is missing.
    const stop = Math.min(end, start + 40 + payload)
    let next = bytes[start + 6] as number
    let at = start + 40
    for (let extensions = 0; isExtension(next); extensions++) {
      if (extensions === MAX_EXTENSIONS) return FAULT.malformed
      if (at + 8 > stop) return FAULT.short
      const header = next
      next = bytes[at] as number
      if (header === FRAGMENT_HEADER) {
        const place = u16At(bytes, at + 2)
        // Neither an offset nor more to come: an atomic fragment (RFC 6946) is whole.
        if ((place & 0xfff9) !== 0) return this.#fragment6(next, bytes, start, at, stop, place, tunnels)
        at += 8
      } else if (header === AUTHENTICATION_HEADER) {
        at += ((bytes[at + 1] as number) + 2) * 4
      } else {
        at += ((bytes[at + 1] as number) + 1) * 8
      }
    }
    if (at > stop) return FAULT.short
    return this.#transport(next, bytes, at, stop, bytes, start + 8, 6, tunnels)
  }

  #fragment6(
    next: number,
    bytes: Uint8Array,
    start: number,
    at: number,
    stop: number,
    place: number,
    tunnels: number,
  ): number {
    const key = this.#fragments.key
    key[0] = (this.vlan << 4) | 6
    key[1] = i32(bytes, at + 4)
    key[2] = 0
    for (let word = 0; word < 8; word++) key[3 + word] = i32(bytes, start + 8 + word * 4)
    const more = (place & 1) !== 0
    return this.#fragment(next, bytes, at + 8, stop, place & 0xfff8, more, { at: start + 8, family: 6, tunnels })
  }

  /** A merged packet as the datagrams it was. */
  #pieces(flow: Flow, bytes: Uint8Array, start: number, end: number, piece: number): number {
    this.counters.merged++
    this.counters.bytes += end - start
    for (let at = start; at < end; at += piece) {
      this.counters.udp++
      this.#sink.datagram(flow, bytes, at, Math.min(end, at + piece), this.timeUs, this.frame)
    }
    return FAULT.none
  }

  #fragment(
    protocol: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    more: boolean,
    from: { readonly at: number; readonly family: 4 | 6; readonly tunnels: number },
  ): number {
    this.counters.fragments++
    const whole = this.#fragments
    if (!whole.add(bytes, start, end, offset, more, protocol, this.timeUs)) return FAULT.none
    this.counters.reassembled++
    return this.#transport(whole.protocol, whole.bytes, 0, whole.total, bytes, from.at, from.family, from.tunnels)
  }

  /** `addresses` holds source and destination at `at`; it is another buffer than the payload's after reassembly. */
  #transport(
    protocol: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    addresses: Uint8Array,
    at: number,
    family: 4 | 6,
    tunnels: number,
  ): number {
    if (protocol !== UDP) {
      if (protocol === IP_IN_IP && tunnels < MAX_TUNNELS) return this.#packet(bytes, start, end, tunnels + 1)
      this.counters.nonUdp++
      this.protocols[protocol] = (this.protocols[protocol] as number) + 1
      return FAULT.none
    }
    if (end - start < 8) return FAULT.short
    const length = u16At(bytes, start + 4)
    const stop = length === 0 ? end : start + length
    if (length !== 0 && length < 8) return FAULT.malformed
    if (stop > end) return FAULT.short
    const sourcePort = u16At(bytes, start)
    const destinationPort = u16At(bytes, start + 2)
    const flow =
      family === 4
        ? this.#flows.ipv4(i32(addresses, at), i32(addresses, at + 4), sourcePort, destinationPort)
        : this.#flows.ipv6(addresses, at, at + 16, sourcePort, destinationPort)
    if (family === 4 && bytes === addresses && tunnels === 0) {
      this.#flow = flow
      this.#source = i32(addresses, at)
      this.#destination = i32(addresses, at + 4)
      this.#ports = (sourcePort << 16) | destinationPort
      this.#plp = this.#flows.plp
    }
    const splitter = this.splitter
    // What came in fragments was one datagram.
    if (splitter !== null && stop - start - 8 > splitter.above && bytes === addresses) {
      const piece = splitter.pieceBytes(flow.id, bytes, start + 8, stop)
      if (piece > 0) return this.#pieces(flow, bytes, start + 8, stop, piece)
      this.counters.large++
    }
    this.counters.udp++
    this.counters.bytes += stop - start - 8
    this.#sink.datagram(flow, bytes, start + 8, stop, this.timeUs, this.frame)
    return FAULT.none
  }
}

/** Headers between IPv6 and its payload: hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6. */
function isExtension(next: number): boolean {
  return (
    next === 0 ||
    next === 43 ||
    next === FRAGMENT_HEADER ||
    next === AUTHENTICATION_HEADER ||
    next === 60 ||
    next === 135 ||
    next === 139 ||
    next === 140
  )
}
