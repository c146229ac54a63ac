import type { ServiceId } from '../contract/ids.ts'
import type { FlowProtocol } from '../contract/report.ts'
import type { Flow } from '../flow/datagrams.ts'
import type { FlowFacts } from '../flow/facts.ts'
import type { ReceivedService } from './context/received-service.ts'
import type { TunnelFlow } from './link/tunnels.ts'
import type { MmtpSession } from './mmtp/mmtp-session.ts'

/** Datagrams of a flow that are probed for its protocol. */
const PROBES = 64

/** Takes the packets of a flow: a ROUTE or FLUTE session. */
export interface FlowSession {
  readonly service: ReceivedService | null
  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

/** One flow: destination of its packets, and its counters. */
export class FlowEntry implements FlowFacts {
  readonly flow: Flow | null
  readonly firstTimeUs: number
  lastTimeUs: number
  pausedUntilUs = 0
  packets = 0
  bytes = 0
  protocol: FlowProtocol = 'unknown'
  isLls = false
  session: FlowSession | null = null
  mmtp: MmtpSession | null = null
  /** Service at this destination, joined or not. */
  service: ReceivedService | null = null
  probesLeft = PROBES
  /** The receiver's binding turn of the last decision. */
  turn = 0
  readonly inner: boolean
  /** Bytes before the payload of each datagram: the header of DSTP. */
  skip = 0
  /** No signalling names it so far: its datagrams are stored for a while. */
  awaitsName = false
  /** It stayed unnamed too long: its datagrams are no longer stored. */
  nameless = false
  /** Takes its datagrams where they belong to a tunnel. */
  tunnel: TunnelFlow | null = null

  constructor(flow: Flow | null, timeUs: number, inner = false) {
    this.inner = inner
    this.flow = flow
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
  }

  get serviceId(): ServiceId | null {
    return this.session?.service?.id ?? this.service?.id ?? null
  }
}
