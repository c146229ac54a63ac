import { u16At } from '../../bytes/ints.ts'
import type { DatagramSink, Flow } from '../../flow/datagrams.ts'
import { foldSum, wordSum } from './checksum.ts'
import type { FlowTable } from './flow-table.ts'
import { Reassembler } from './fragments.ts'
import { i32, UDP } from './wire.ts'

const IP_IN_IP = 4
/** Limit of packets within packets. */
const MAX_TUNNELS = 4
const MAX_EXTENSIONS = 8
const FRAGMENT_HEADER = 44
const AUTHENTICATION_HEADER = 51
/** `short`: a length exceeds the bytes available. */
const FAULT = { none: 0, short: 1, malformed: 2 } as const

/** Counts of an IpReader. */
export type IpCounters = {
  /** UDP datagrams passed on, and their payload bytes. */
  udp: number
  bytes: number
  /** IP packets of another protocol. */
  nonUdp: number
  malformed: number
  /** Datagrams truncated by the capture's snap length. */
  cutBySnaplen: number
  fragments: number
  reassembled: number
  /** IPv4 header checksums that are neither right nor 0; the packets are used. */
  wrongChecksums: number
  /** Packets that the capturing host merged from several datagrams; each datagram is counted in `udp`. */
  merged: number
  /** Payloads larger than an Ethernet frame that were taken as one datagram. */
  large: number
}

/** Finds out whether a large UDP payload is several datagrams merged by the capturing host. */
export interface PacketSplitter {
  /** Only payloads of more bytes are passed to `pieceBytes`. */
  readonly above: number
  /** @returns the length of each piece (the last may be shorter); 0 where it is one datagram */
  pieceBytes(flowId: number, bytes: Uint8Array, start: number, end: number): number
}

/** Finds the IP packet within payloads that carry another link's packets. */
export interface Unwrapper {
  /** VLAN of the frame in which the last packet was found. */
  readonly vlan: number
  /** Whether UDP to this port may carry packets. */
  mayWrap(port: number): boolean
  /** @returns where the packet starts, -1 where there is none */
  ofUdp(port: number, bytes: Uint8Array, start: number, end: number): number
  /** The same for the payload of an IP protocol other than UDP. */
  ofIp(protocol: number, bytes: Uint8Array, start: number, end: number): number
  /** The payload of another IP protocol, in which no packet was found. */
  passedIp(protocol: number, bytes: Uint8Array, start: number, end: number, frame: number): void
  /** The payload of the first datagrams of a flow, in which no packet was found. */
  passedUdp(port: number, bytes: Uint8Array, start: number, end: number, frame: number): void
}

/** Where source and destination of a packet are; after reassembly that is not the payload's buffer. */
type AddressPlace = {
  bytes: Uint8Array
  at: number
  family: 4 | 6
  /** Packets around this one. */
  tunnels: number
}

/**
 * Extracts UDP payloads from IP packets in place: IPv4 and IPv6, extension headers, fragments, IP in IP. Set `timeUs`, `frame`,
 * `vlan` and `cut` before each packet: as arguments the times would be allocated.
 */
export class IpReader {
  timeUs = 0
  frame = 0
  vlan = 0
  /** The record has fewer bytes than were on the wire. */
  cut = false
  /** Splits large payloads; null where none can be merged. */
  splitter: PacketSplitter | null = null
  /** Finds packets within packets; null where IP in IP is enough. */
  unwrapper: Unwrapper | null = null
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
  /** Packets by IP protocol number, which describe a capture without UDP. */
  readonly protocols = new Float64Array(256)
  readonly #flows: FlowTable
  readonly #sink: DatagramSink
  readonly #fragments = new Reassembler()
  /** One record, reused for each packet that `#again` does not read. */
  readonly #place: AddressPlace = { bytes: new Uint8Array(0), at: 0, family: 4, tunnels: 0 }
  /** Flow of the last whole IPv4 datagram, and the header fields its packets share. */
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

  /** Those whose datagram neither the beginning nor the end of the capture cut. */
  get fragmentsLost(): number {
    return this.#fragments.lost
  }

  /** Frame of the first of these. */
  get lostFragmentFrame(): number {
    return this.#fragments.lostFrame
  }

  /** Reads the IP packet at `start`; `end` is the end of the captured bytes, padding and FCS included. */
  packet(bytes: Uint8Array, start: number, end: number): void {
    if (this.#again(bytes, start, end)) return
    const fault = this.#packet(bytes, start, end, 0)
    if (fault === FAULT.none) return
    // A cut by the snap length is no fault of the sender.
    if (fault === FAULT.short && this.cut) this.counters.cutBySnaplen++
    else this.counters.malformed++
  }

  /** Counts a frame that ends before its IP packet. */
  brokenOff(): void {
    if (this.cut) this.counters.cutBySnaplen++
    else this.counters.malformed++
  }

  /** Drops incomplete datagrams at the end of a capture. */
  flush(): void {
    this.#fragments.flush(this.frame)
  }

  /** Reads the usual packet in one step: whole, without options, of the last flow. @returns false for any other */
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
    // Segmentation offload leaves total length 0: the packet is all captured bytes.
    const stop = total === 0 ? end : start + total
    if (header < 20 || stop < start + header) return FAULT.malformed
    if (stop > end) return FAULT.short
    if (u16At(bytes, start + 10) !== 0 && foldSum(wordSum(bytes, start, start + header)) !== 0xffff) {
      this.counters.wrongChecksums++
    }
    const protocol = bytes[start + 9] as number
    const fragment = u16At(bytes, start + 6)
    if ((fragment & 0x3fff) === 0) {
      return this.#transport(protocol, bytes, start + header, stop, this.#addressed(bytes, start + 12, 4, tunnels))
    }
    const key = this.#fragments.key
    key.fill(0)
    key[0] = (this.vlan << 4) | 4
    key[1] = u16At(bytes, start + 4)
    key[2] = protocol
    key[3] = i32(bytes, start + 12)
    key[7] = i32(bytes, start + 16)
    this.#addressed(bytes, start + 12, 4, tunnels)
    return this.#fragment(protocol, bytes, start + header, stop, (fragment & 0x1fff) * 8, (fragment & 0x2000) !== 0)
  }

  #ipv6(bytes: Uint8Array, start: number, end: number, tunnels: number): number {
    if (end - start < 40) return FAULT.short
    const payload = u16At(bytes, start + 4)
    if (payload === 0) return FAULT.malformed // a jumbogram
    // GPAC writes a payload length that is 40 too large; the UDP length decides whether bytes are missing.
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
        // Without offset and more fragments it is an atomic fragment (RFC 6946), which is whole.
        if ((place & 0xfff9) !== 0) {
          this.#addressed(bytes, start + 8, 6, tunnels)
          return this.#fragment6(next, bytes, start, at, stop, place)
        }
        at += 8
      } else if (header === AUTHENTICATION_HEADER) {
        at += ((bytes[at + 1] as number) + 2) * 4
      } else {
        at += ((bytes[at + 1] as number) + 1) * 8
      }
    }
    if (at > stop) return FAULT.short
    return this.#transport(next, bytes, at, stop, this.#addressed(bytes, start + 8, 6, tunnels))
  }

  #fragment6(next: number, bytes: Uint8Array, start: number, at: number, stop: number, place: number): number {
    const key = this.#fragments.key
    key[0] = (this.vlan << 4) | 6
    key[1] = i32(bytes, at + 4)
    key[2] = 0
    for (let word = 0; word < 8; word++) key[3 + word] = i32(bytes, start + 8 + word * 4)
    const more = (place & 1) !== 0
    return this.#fragment(next, bytes, at + 8, stop, place & 0xfff8, more)
  }

  /** Passes on the datagrams of a merged packet. */
  #pieces(flow: Flow, bytes: Uint8Array, start: number, end: number, piece: number): number {
    this.counters.merged++
    this.counters.bytes += end - start
    for (let at = start; at < end; at += piece) {
      this.counters.udp++
      this.#sink.datagram(flow, bytes, at, Math.min(end, at + piece), this.timeUs, this.frame)
    }
    return FAULT.none
  }

  /** A part of a packet, whose addresses are noted. */
  #fragment(protocol: number, bytes: Uint8Array, start: number, end: number, offset: number, more: boolean): number {
    this.counters.fragments++
    const whole = this.#fragments
    whole.frame = this.frame
    whole.timeUs = this.timeUs
    if (!whole.add(bytes, start, end, offset, more, protocol)) return FAULT.none
    this.counters.reassembled++
    return this.#transport(whole.protocol, whole.bytes, 0, whole.total, this.#place)
  }

  /** Reads the packet within another one. */
  #within(bytes: Uint8Array, start: number, end: number, tunnels: number): number {
    this.vlan = this.unwrapper?.vlan ?? 0
    return this.#packet(bytes, start, end, tunnels + 1)
  }

  /** Notes where the addresses of a packet are. */
  #addressed(bytes: Uint8Array, at: number, family: 4 | 6, tunnels: number): AddressPlace {
    const place = this.#place
    place.bytes = bytes
    place.at = at
    place.family = family
    place.tunnels = tunnels
    return place
  }

  #transport(protocol: number, bytes: Uint8Array, start: number, end: number, place: AddressPlace): number {
    const { bytes: addresses, at, family, tunnels } = place
    if (protocol !== UDP) {
      if (protocol === IP_IN_IP && tunnels < MAX_TUNNELS) return this.#packet(bytes, start, end, tunnels + 1)
      const within = tunnels < MAX_TUNNELS ? (this.unwrapper?.ofIp(protocol, bytes, start, end) ?? -1) : -1
      if (within >= 0) return this.#within(bytes, within, end, tunnels)
      this.unwrapper?.passedIp(protocol, bytes, start, end, this.frame)
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
    const wraps = this.unwrapper?.mayWrap(destinationPort) === true
    if (wraps && tunnels < MAX_TUNNELS) {
      const within = this.unwrapper?.ofUdp(destinationPort, bytes, start + 8, stop) ?? -1
      if (within >= 0) return this.#within(bytes, within, stop, tunnels)
    }
    this.unwrapper?.passedUdp(destinationPort, bytes, start + 8, stop, this.frame)
    const flow =
      family === 4
        ? this.#flows.ipv4(i32(addresses, at), i32(addresses, at + 4), sourcePort, destinationPort)
        : this.#flows.ipv6(addresses, at, at + 16, sourcePort, destinationPort)
    // What may wrap packets is looked at each time.
    if (family === 4 && bytes === addresses && tunnels === 0 && !wraps) {
      this.#flow = flow
      this.#source = i32(addresses, at)
      this.#destination = i32(addresses, at + 4)
      this.#ports = (sourcePort << 16) | destinationPort
      this.#plp = this.#flows.plp
    }
    const splitter = this.splitter
    // A reassembled datagram was never merged.
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
