import type { ChannelRole, ServiceProtocol } from '../../contract/report.ts'
import type { Destination, MmtpFacts, MmtpFlowFacts, RepairServer, ServiceFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'

/** What the MMTP flow of a service counts. */
export interface MmtpCounts extends MmtpFlowFacts {
  readonly facts: readonly MmtpFacts[]
}

/** One service, from the SLT or given to a session that was found without one. */
export class ReceivedService implements ServiceFacts {
  readonly id: number
  /** Found by its packets; no SLT names it. */
  readonly discovered: boolean
  name: string | null = null
  protocol: ServiceProtocol = 'none'
  category: number | null = null
  major: number | null = null
  minor: number | null = null
  destination: string | null = null
  /** What of the session it came from; its tune-in decides whether it is joined. */
  target: ReceiveTarget | null = null
  /** As `destination`, in parts. */
  address: Destination | null = null
  source: string | null = null
  joined = false
  signalled = false
  manifest: ServiceFacts['manifest'] = null
  repairServers: readonly RepairServer[] = []
  sharesFilesOf: number | null = null
  /** Its main MMTP flow. */
  mmtpCounts: MmtpCounts | null = null
  /** Where the ROUTE session of an MMT service's files and hybrid components is. */
  routeAddress: Destination | null = null
  /** The SLT gave it a name: that of the USBD is then not used. */
  namedBySlt = false
  /** Roles of the MPD's Representations. */
  roles: ReadonlyMap<string, ChannelRole> = new Map()
  /** Destinations of its sessions, SLS first. */
  readonly destinations = new Map<string, Destination>()

  constructor(id: number, discovered: boolean) {
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
