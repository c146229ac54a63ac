import type { AlarmRow } from './alarm-row.ts'
import type { AppError } from './app-error.ts'
import type { ChannelFactValues } from './channel-table.ts'
import type {
  GatewaySnapshot,
  OriginSnapshot,
  PushTargetSnapshot,
  ServerSnapshot,
  StreamSnapshot,
  UploadsSnapshot,
} from './http-snapshots.ts'
import type { LossSpans } from './loss.ts'
import type { GraphPart, LinkTraffic } from './relay-request.ts'
import type { ChannelRole, FlowProtocol, JsonObject, Losses, ReportLink, SignatureVerdict } from './report.ts'
import type { BroadcastSnapshot, SelfLoopSnapshot } from './sending-snapshot.ts'
import type { ClientsSnapshot, RequestsSnapshot, TransfersSnapshot } from './served-requests.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import type { LinkSpec, LogLevel, LogTopic, Pace } from './session-spec.ts'
import type { ValuePatch } from './value-patch.ts'
import type { WallSnapshot } from './wall.ts'

/**
 * State of one session as one value, composed from its sections: one receiver with its linked parts.
 * Times are integer µs since the UNIX epoch of the stream's clock, except where a field is named wall.
 */
export type SessionSnapshot = {
  readonly sessionId: string
  readonly name: string
  readonly phase: SessionPhase
  /** Why it failed, or what stopped one of its parts while the rest goes on. */
  readonly problems: readonly AppError[]
  /** It sends the presentation shipped with the program. */
  readonly demo: boolean
  /** It receives; false: it only sends. */
  readonly receives: boolean
  /** The parts it runs, and what passes between them. */
  readonly parts: readonly GraphPart[]
  readonly traffic: readonly LinkTraffic[]
  /** All receivers of the session, of which this is one. */
  readonly receivers: readonly { readonly id: string; readonly label: string }[]
  readonly source: SourceSnapshot
  readonly totals: TotalsSnapshot
  readonly services: readonly ServiceSnapshot[]
  readonly flows: readonly FlowSnapshot[]
  /** Links and tunnels below the flows. */
  readonly links: readonly ReportLink[]
  readonly channels: readonly ChannelSnapshot[]
  readonly signalling: readonly SignallingSnapshot[]
  /** The newest last. */
  readonly recordings: readonly RecordingSnapshot[]
  readonly gateways: readonly GatewaySnapshot[]
  /** Looks at the services; null where nobody looks. */
  readonly wall: WallSnapshot | null
  readonly servers: readonly ServerSnapshot[]
  /** Requests to servers, origins and gateways, of each its own; only where the session has a window. */
  readonly requests: readonly RequestsSnapshot[]
  /** One for each HTTP server. */
  readonly clients: readonly ClientsSnapshot[]
  /** Files that are uploaded or pushed, one for each part that does. */
  readonly transfers: readonly TransfersSnapshot[]
  readonly streams: readonly StreamSnapshot[]
  readonly origins: readonly OriginSnapshot[]
  readonly uploads: readonly UploadsSnapshot[]
  readonly pushes: readonly PushTargetSnapshot[]
  readonly broadcasts: readonly BroadcastSnapshot[]
  /** What came back of what the session sends; null where it does not compare them. */
  readonly selfLoop: SelfLoopSnapshot | null
  /** Sockets and files of a relay. */
  readonly media: readonly MediaStreamSnapshot[]
  /** Fetching of missing bytes; null where the session does not fetch. */
  readonly repair: RepairSnapshot | null
  readonly alarms: readonly AlarmRow[]
  readonly losses: Losses
  /** Packets dropped by this computer's sockets and by the capturing computer; null where neither counts them. */
  readonly hostDrops: number | null
  /** Part of `hostDrops`: what captures report of the computer that made them; null where they report nothing. */
  readonly captureDrops: number | null
  /** Longest time within the last few seconds that the engine was kept from reading its sockets, ms; null for a capture. */
  readonly eventLoopLagMs: number | null
  /** The SystemTime table of the LLS; null where there is none. */
  readonly systemTime: SystemTimeSnapshot | null
}

/** State of the session itself, and the parts it runs. */
export type SessionSection = {
  readonly name: string
  readonly phase: SessionPhase
  /** Why it failed, or what stopped one of its parts while the rest goes on. */
  readonly problems: readonly AppError[]
  /** It sends the presentation shipped with the program. */
  readonly demo: boolean
  /** In the order of the session, implied ones before the parts they feed. */
  readonly parts: readonly GraphPart[]
  /** Which part feeds which, implied links too. */
  readonly links: readonly LinkSpec[]
}

/** What this computer did to the stream. */
export type HostSnapshot = {
  /** Packets dropped by this computer's sockets and by the capturing computer; null where neither counts them. */
  readonly hostDrops: number | null
  /** Part of `hostDrops`: what captures report of the computer that made them; null where they report nothing. */
  readonly captureDrops: number | null
  /** Longest time within the last few seconds that the engine was kept from reading its sockets, ms; null for a capture. */
  readonly eventLoopLagMs: number | null
}

/** A folder of received files. */
export type FolderSnapshot = { readonly dir: string; readonly files: number; readonly bytes: number }

/** The store of received objects. */
export type StoreSnapshot = { readonly memoryBytes: number; readonly finished: boolean }

/** A presentation that is sent. */
export type PresentationSnapshot = { readonly input: string; readonly demo: boolean }

/** Types of a session's sections by name. `session` and `graph` belong to the session, every other section to one part. */
export type SectionMap = {
  readonly session: SessionSection
  readonly graph: readonly LinkTraffic[]
  readonly source: SourceSnapshot
  readonly totals: TotalsSnapshot
  readonly services: readonly ServiceSnapshot[]
  readonly flows: readonly FlowSnapshot[]
  /** Links and tunnels below the flows. */
  readonly links: readonly ReportLink[]
  readonly channels: readonly ChannelSnapshot[]
  readonly signalling: readonly SignallingSnapshot[]
  readonly alarms: readonly AlarmRow[]
  readonly losses: Losses
  readonly host: HostSnapshot
  readonly systemTime: SystemTimeSnapshot
  readonly repair: RepairSnapshot
  readonly gateway: GatewaySnapshot
  readonly wall: WallSnapshot
  readonly server: ServerSnapshot
  readonly requests: RequestsSnapshot
  readonly clients: ClientsSnapshot
  readonly transfers: TransfersSnapshot
  readonly stream: readonly StreamSnapshot[]
  readonly origin: OriginSnapshot
  readonly uploads: UploadsSnapshot
  readonly push: readonly PushTargetSnapshot[]
  readonly recording: RecordingSnapshot
  readonly folder: FolderSnapshot
  readonly store: StoreSnapshot
  readonly presentation: PresentationSnapshot
  readonly broadcast: BroadcastSnapshot
  readonly selfLoop: SelfLoopSnapshot
  readonly media: MediaStreamSnapshot
}

/** A socket or file that media streams pass. */
export type MediaStreamSnapshot = {
  /** Id of its part. */
  readonly part: string
  readonly direction: 'in' | 'out'
  readonly address: string
  readonly bytes: number
  readonly packets: number
  /** Connections so far. */
  readonly clients: number
  /** Packets or connections that were not taken. */
  readonly dropped: number
}

/** Name of a section. */
export type SectionName = keyof SectionMap

/**
 * A changed section. `version` grows with every change; a null value: the part no longer has the section. `patch` changes the value
 * that the window was sent before.
 */
export type SectionChange = {
  readonly [S in SectionName]: {
    /** Null: the session itself. */
    readonly part: string | null
    readonly section: S
    readonly version: number
  } & ({ readonly value: SectionMap[S] | null } | { readonly patch: ValuePatch })
}[SectionName]

/** Changed sections since the last of these messages; the first one after watching has all. */
export type SectionChanges = { readonly sessionId: string; readonly changes: readonly SectionChange[] }

/** SystemTime (A/331 §6.4) as sent last, and when it arrived. It has no clock, only offsets and their future changes. */
export type SystemTimeSnapshot = {
  readonly values: JsonObject
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  readonly count: number
}

/** Life of a session; the last three are its ends. */
export type SessionPhase = 'starting' | 'running' | 'finished' | 'stopped' | 'failed'

/** State of a session's source. */
export type SourceSnapshot = {
  /** File name or URL. */
  readonly label: string
  /** It brings packets until stopped; false: it ends by itself. */
  readonly live: boolean
  /** How a capture is read; null for other sources. */
  readonly pace: Pace | null
  /** None of its packets has a time: stream times count from the first. */
  readonly untimed: boolean
  readonly firstTimeUs: number | null
  readonly lastTimeUs: number | null
  /** Wall µs at which the session started. */
  readonly startedWallUs: number
  /** Wall µs of the last datagram, null before the first. */
  readonly lastPacketWallUs: number | null
  /** Capture reading: bytes done of total (total null when unknown, as with gzip). */
  readonly progress: { readonly doneBytes: number; readonly totalBytes: number | null } | null
  readonly sockets: readonly SocketSnapshot[]
  /** Wanted destinations that are left for now. */
  readonly left: readonly LeftSnapshot[]
}

/** A destination that is left until a player asks for its files, and the reason in words. */
export type LeftSnapshot = { readonly destination: string; readonly reason: string }

/** One multicast socket: its group and interfaces, and what the system granted and counted. */
export type SocketSnapshot = {
  readonly destination: string
  /** Local addresses joined on, and the interfaces' names where known. */
  readonly interface: string
  /** Whose datagrams are taken, in words; null: anyone's. */
  readonly filter: string | null
  /** Dropped datagrams of other senders, without those that the system filtered. */
  readonly passedOver: number
  readonly joinedWallUs: number
  readonly packets: number
  readonly askedBufferBytes: number
  readonly grantedBufferBytes: number
  /** How its datagrams are read, in words, and why not in batches. */
  readonly reading: string
  /** Datagrams the system dropped because the queue was full; null where it does not count them. */
  readonly droppedByHost: number | null
  readonly problem: AppError | null
}

/** Sums over the session so far, and rates of the last seconds. */
export type TotalsSnapshot = {
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly packetsPerSecond: number
  readonly malformed: number
  /** Rows in the object columns so far: row indices run from 0 and never change meaning. */
  readonly objects: number
  readonly complete: number
  readonly incomplete: number
  /** Begun before reception, or not over at its end. */
  readonly cutOff: number
  /** Objects that signalling announced and of which no packet arrived: certainly lost, and not sent so far. */
  readonly neverCame: number
  readonly awaited: number
  readonly lostBytes: number
  /** Stream µs of the last packet of a signal that is gone; null while packets come, and before the first. */
  readonly goneSinceUs: number | null
  /** The same of a signal whose sender closed all its sessions (A flags): it has ended. */
  readonly closedSinceUs: number | null
  /** Packets and bytes lost, before and after repair. */
  readonly loss: LossSpans
}

/** State of a flow. */
export type FlowSnapshot = {
  readonly destination: string
  readonly source: string
  readonly protocol: FlowProtocol
  /** Physical layer pipe; null where unknown. */
  readonly plp: number | null
  readonly service: number | null
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
}

/** A lane of objects: an LCT channel, or an asset of an MMTP flow (`tsi` is its packet_id, TOIs are MPU sequence numbers). */
export type ChannelSnapshot = {
  /** Index of this channel in the session; object rows refer to it. */
  readonly channel: number
  readonly protocol: 'lct' | 'mmtp'
  readonly service: number | null
  readonly destination: string
  readonly tsi: number
  readonly role: ChannelRole
  readonly representation: string | null
} & ChannelFactValues

/** One version of a table or fragment of LLS or SLS; its text is fetched by `key`. */
export type SignallingSnapshot = {
  readonly key: string
  /** Equal for all versions, which follow each other in the list. */
  readonly series: string
  readonly scope: 'lls' | 'sls'
  readonly service: number | null
  readonly type: string
  readonly name: string
  /** LLS_group_id. */
  readonly group: number | null
  /** Arrived inside a SignedMultiTable, or in a signed package. */
  readonly signed: boolean
  readonly signature: SignatureVerdict | null
  readonly version: number | null
  /** The object that carried it: TOI of the SLS package, and its meaning (A/331 Annex C). */
  readonly tsi: number | null
  readonly toi: number | null
  readonly toiMeaning: string | null
  readonly count: number
  readonly bytes: number
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  /** Times between arrivals, over all versions; with the newest version only, null before the second arrival. */
  readonly interval: { readonly minUs: number; readonly medianUs: number; readonly maxUs: number } | null
}

/** Fetching of missing bytes by HTTP: objects being fetched, waiting, completed, and failed. */
export type RepairSnapshot = {
  readonly active: number
  readonly queued: number
  readonly done: number
  readonly failed: number
  /** Body bytes taken from all servers. */
  readonly bytes: number
  readonly servers: readonly RepairServerSnapshot[]
}

/**
 * `ready`: used. `whole-files`: used, but it does not answer ranges. `failing`: it did not answer lately. `refused`: its answer
 * was wrong, and it is no longer used.
 */
export type RepairServerSnapshot = {
  readonly url: string
  readonly state: 'ready' | 'whole-files' | 'failing' | 'refused'
  readonly requests: number
  readonly bytes: number
  /** Its last fault, one clause. */
  readonly problem: string | null
}

/** A recording, running or ended. */
export type RecordingSnapshot = {
  /** The file being written; the last of several. */
  readonly file: string
  readonly files: number
  readonly packets: number
  readonly bytes: number
  readonly startedWallUs: number
  /** Wall µs of its end, null while it runs. */
  readonly endedWallUs: number | null
  /** Started by a person in the running session, not by the session's spec. */
  readonly byHand: boolean
  readonly problem: AppError | null
}

/** One line of the log. */
export type LogLine = {
  /** When it was written; of an alarm, the stream time of what it is about. */
  readonly wallUs: number
  readonly topic: LogTopic
  readonly level: LogLevel
  readonly text: string
  readonly isAlarm?: true
}
