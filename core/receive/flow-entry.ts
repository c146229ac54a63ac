import type { FlowProtocol } from '../contract/report.ts'
import type { Flow } from '../flow/datagrams.ts'
import type { FlowFacts } from '../flow/facts.ts'
import type { ReceivedService } from './context/received-service.ts'
import type { TunnelFlow } from './link/tunnels.ts'
import type { MmtpSession } from './mmtp/mmtp-session.ts'

/** Datagrams of a flow that are looked at to tell its protocol. */
const PROBES = 64

/** A ROUTE or FLUTE session, as far as the packets of a flow are concerned. */
export interface FlowSession {
  readonly service: ReceivedService | null
  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void
}

/** Where one flow's packets go, and how many there were. */
export class FlowEntry implements FlowFacts {
  readonly flow: Flow | null
  readonly firstTimeUs: number
  lastTimeUs: number
  packets = 0
  bytes = 0
  protocol: FlowProtocol = 'unknown'
  isLls = false
  session: FlowSession | null = null
  mmtp: MmtpSession | null = null
  /** Service whose destination this is, joined or not. */
  service: ReceivedService | null = null
  probesLeft = PROBES
  /** Turn of the receiver's bindings at which this was decided. */
  turn = 0
  readonly inner: boolean
  /** Bytes in front of the payload of each datagram: the header of DSTP. */
  skip = 0
  /** Nothing names it yet: its datagrams are kept for a while. */
  awaitsName = false
  /** Nothing has named it for too long; its datagrams are no longer kept. */
  nameless = false
  /** Takes its datagrams where it belongs to a tunnel. */
  tunnel: TunnelFlow | null = null

  constructor(flow: Flow | null, timeUs: number, inner = false) {
    this.inner = inner
    this.flow = flow
    this.firstTimeUs = timeUs
    this.lastTimeUs = timeUs
  }

  get serviceId(): number | null {
    return this.session?.service?.id ?? this.service?.id ?? null
  }
}
