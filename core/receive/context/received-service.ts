import type { ServiceId } from '../../contract/ids.ts'
import type { ChannelRole, ServiceProtocol } from '../../contract/report.ts'
import type { Destination, MmtpFacts, MmtpFlowFacts, RepairServer, ServiceFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'

/** Counts of a service's MMTP flow. */
export interface MmtpCounts extends MmtpFlowFacts {
  readonly facts: readonly MmtpFacts[]
}

/** One service, from the SLT or made for a session found without one. */
export class ReceivedService implements ServiceFacts {
  /** That of the SLT, once it is known. */
  id: ServiceId
  /** Found by its packets; no SLT or configuration lists it so far. */
  discovered: boolean
  name: string | null = null
  protocol: ServiceProtocol = 'none'
  category: number | null = null
  major: number | null = null
  minor: number | null = null
  destination: string | null = null
  /** Target of its session; the target's tune-in decides whether the service is joined. */
  target: ReceiveTarget | null = null
  /** `destination` in parts. */
  address: Destination | null = null
  source: string | null = null
  signallingUrl: string | null = null
  joined = false
  signalled = false
  manifest: ServiceFacts['manifest'] = null
  repairServers: readonly RepairServer[] = []
  sharesFilesOf: ServiceId | null = null
  announced: ReadonlySet<string> | null = null
  /** Its main MMTP flow. */
  mmtpCounts: MmtpCounts | null = null
  /** Destination of the ROUTE session with an MMT service's files and hybrid components. */
  routeAddress: Destination | null = null
  /** The SLT has a name for it: the name of the USBD is not used. */
  namedBySlt = false
  /** Roles of the MPD's Representations. */
  roles: ReadonlyMap<string, ChannelRole> = new Map()
  /** Destinations of its sessions, SLS first. */
  readonly destinations = new Map<string, Destination>()

  constructor(id: ServiceId, discovered: boolean) {
    this.id = id
    this.discovered = discovered
  }

  get mmtp(): readonly MmtpFacts[] | null {
    return this.mmtpCounts?.facts ?? null
  }

  get mmtpFlow(): MmtpFlowFacts | null {
    return this.mmtpCounts
  }
}
