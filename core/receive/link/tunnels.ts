import type { DatagramSink, Flow } from '../../flow/datagrams.ts'
import type { AlpSink, LinkSignalling } from '../../protocol/alp/alp-receiver.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { FlowTable } from '../../protocol/ip/flow-table.ts'
import { IpReader } from '../../protocol/ip/ip-reader.ts'
import { LLS_ADDRESS, LLS_PORT } from '../../protocol/lls/lls-table.ts'
import { AlptpReceiver } from '../../protocol/stltp/alptp-receiver.ts'
import {
  alptpPlp,
  DSTP_HEADER_BYTES,
  looksLikeAlptp,
  looksLikeStltp,
  mayBeDstp,
} from '../../protocol/stltp/recognise.ts'
import { StltpReceiver } from '../../protocol/stltp/stltp-receiver.ts'
import { guessProtocol } from './flow-kind.ts'
import type { Links } from './links.ts'

/** Bound on tunnels; each remembers a few hundred packets. */
const MAX_TUNNELS = 8
/** Ports of SMPTE ST 2022-1 FEC, above that of the media. */
const COLUMN_FEC = 2
const ROW_FEC = 4

const STLTP_LOSSES = [
  ['lost', 'tunnel packets'],
  ['innerDropped', 'broken inner packets'],
  ['innerLost', 'inner packets'],
  ['basebandLost', 'baseband packets'],
  ['alpDropped', 'ALP packets'],
] as const
const ALPTP_LOSSES = [
  ['lost', 'RTP packets'],
  ['alpDropped', 'ALP packets'],
] as const

/** Takes the datagrams of one flow of a tunnel. */
export interface TunnelFlow {
  readonly kind: 'stltp' | 'alptp'
  datagram(bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

type SignalTo = (signalling: LinkSignalling, timeUs: number, frame: number) => void

/** Unpacks a tunnel down to UDP: its datagrams enter the receiver again, with their PLP. */
class Descent implements AlpSink {
  readonly #flows: FlowTable
  readonly #ip: IpReader
  readonly #signal: SignalTo

  constructor(flows: FlowTable, sink: DatagramSink, signal: SignalTo) {
    this.#flows = flows
    this.#ip = new IpReader(flows, sink)
    this.#signal = signal
  }

  get ipCounts(): Record<string, number> {
    const { udp, malformed } = this.#ip.counters
    return { udp, ipMalformed: malformed, fragmentsDropped: this.#ip.fragmentsDropped }
  }

  /** Time and frame of the next datagram to unpack. */
  at(timeUs: number, frame: number): void {
    this.#ip.timeUs = timeUs
    this.#ip.frame = frame
  }

  ipPacket(bytes: Uint8Array, start: number, end: number, plp: number): void {
    // Fragments of different PLPs are never joined.
    this.#ip.vlan = plp + 1
    this.#flows.plp = plp
    this.#ip.packet(bytes, start, end)
    this.#flows.plp = -1
  }

  linkSignalling(signalling: LinkSignalling): void {
    this.#signal(signalling, this.#ip.timeUs, this.#ip.frame)
  }
}

/** Finds STLTP and ALPTP among the flows, and passes their datagrams to the receiver. */
export class Tunnels {
  readonly #links: Links
  readonly #flows: FlowTable
  readonly #sink: DatagramSink
  /** By source address and destination, FEC ports included. */
  readonly #byFlow = new Map<string, TunnelFlow>()
  readonly #open: { flush(): void; readonly descent: Descent }[] = []

  /** @param sink takes the datagrams inside the tunnels */
  constructor(links: Links, flows: FlowTable, sink: DatagramSink) {
    this.#links = links
    this.#flows = flows
    this.#sink = sink
  }

  /** Tunnel of a flow, null without one so far. */
  at(flow: Flow): TunnelFlow | null {
    if (this.#byFlow.size === 0) return null
    return this.#byFlow.get(keyOf(flow, flow.destinationPort)) ?? null
  }

  /**
   * Probes a datagram of an unexplained flow.
   * @returns true where it begins a tunnel
   */
  probe(flow: Flow, bytes: Uint8Array, start: number, end: number): boolean {
    if ((bytes[start] as number) >> 6 !== 2 || this.#open.length >= MAX_TUNNELS) return false
    if (looksLikeStltp(bytes, start, end)) {
      this.stltp(flow)
      return true
    }
    const plp = alptpPlp(flow.destinationPort)
    if (plp < 0 || !looksLikeAlptp(bytes, start, end)) return false
    this.#alptp(flow, plp)
    return true
  }

  /** Makes the flow an STLTP tunnel, whatever its packets. */
  stltp(flow: Flow): void {
    // Declared first: receiver and link refer to each other.
    let receiver: StltpReceiver | null = null
    let descent: Descent | null = null
    const signal = this.#links.add({
      kind: 'stltp',
      destination: flow.destination,
      counts: () => ({ ...receiver?.counts(), ...descent?.ipCounts }),
      losses: STLTP_LOSSES,
    })
    const down = new Descent(this.#flows, this.#sink, signal)
    const stltp = new StltpReceiver(down)
    descent = down
    receiver = stltp
    this.#open.push({ flush: () => stltp.flush(), descent: down })
    const { outer } = stltp
    this.#add(flow, 0, 'stltp', down, (bytes, start, end) => void outer.packet(bytes, start, end))
    for (const port of [COLUMN_FEC, ROW_FEC]) {
      this.#add(flow, port, 'stltp', down, (bytes, start, end) => outer.fec(bytes, start, end))
    }
  }

  #alptp(flow: Flow, plp: number): void {
    let receiver: AlptpReceiver | null = null
    let descent: Descent | null = null
    const signal = this.#links.add({
      kind: 'alptp',
      destination: flow.destination,
      counts: () => ({ ...receiver?.counts(), ...descent?.ipCounts }),
      losses: ALPTP_LOSSES,
    })
    const down = new Descent(this.#flows, this.#sink, signal)
    const alptp = new AlptpReceiver(down, plp)
    descent = down
    receiver = alptp
    this.#open.push({ flush: () => alptp.flush(), descent: down })
    this.#add(flow, 0, 'alptp', down, (bytes, start, end) => void alptp.outer.packet(bytes, start, end))
  }

  #add(
    flow: Flow,
    portsOn: number,
    kind: TunnelFlow['kind'],
    descent: Descent,
    take: (bytes: Uint8Array, start: number, end: number) => void,
  ): void {
    this.#byFlow.set(keyOf(flow, flow.destinationPort + portsOn), {
      kind,
      datagram: (bytes, start, end, timeUs, frame) => {
        descent.at(timeUs, frame)
        take(bytes, start, end)
      },
    })
  }

  /** The input ended: releases packets that wait for lost ones. */
  flush(timeUs: number): void {
    for (const { flush, descent } of this.#open) {
      descent.at(timeUs, 0)
      flush()
    }
  }
}

/** True for a service's flow with the RTP header of DSTP before each datagram. */
export function isDstp(flow: Flow, bytes: Uint8Array, start: number, end: number): boolean {
  if (!mayBeDstp(bytes, start, end)) return false
  const at = start + DSTP_HEADER_BYTES
  if (flow.destinationAddress === LLS_ADDRESS && flow.destinationPort === LLS_PORT) {
    // Table id, group, group count, version, then gzip.
    return at + 6 < end && bytes[at + 4] === 0x1f && bytes[at + 5] === 0x8b
  }
  return guessProtocol(bytes, at, end) !== 'unknown'
}

function keyOf(flow: Flow, port: number): string {
  return `${flow.sourceAddress} ${formatDestination(flow.destinationAddress, port)}`
}
