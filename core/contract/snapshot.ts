import type { AlarmRow } from './alarm-row.ts'
import type { AppError } from './app-error.ts'
import type { ChannelFactValues } from './channel-table.ts'
import type {
  ChannelRole,
  FlowProtocol,
  JsonObject,
  Losses,
  ReportLink,
  ServiceProtocol,
  SignatureVerdict,
  Startup,
} from './report.ts'
import type { LinkSpec, LogLevel, LogTopic, Pace } from './session-spec.ts'

/**
 * The state of one session as one value, put together from its sections: one receiver with all that is linked to it.
 * Times are integer µs since the UNIX epoch of the stream's clock unless a field says wall.
 */
export type SessionSnapshot = {
  readonly sessionId: string
  readonly name: string
  readonly phase: SessionPhase
  /** Why it failed, or what stopped one of its parts while the rest goes on. */
  readonly problems: readonly AppError[]
  /** It sends the presentation shipped with the program. */
  readonly demo: boolean
  /** Something is received in it; false: it only sends. */
  readonly receives: boolean
  /** Receivers of the session, of which this is one; a session of several sources may have several. */
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
  readonly broadcasts: readonly BroadcastSnapshot[]
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
  /** In the order of the session, implied ones beside those they stand before. */
  readonly parts: readonly { readonly id: string; readonly kind: string; readonly title: string }[]
  /** Which part feeds which, implied links too. */
  readonly links: readonly LinkSpec[]
}

/** An HTTP server over what is received. */
export type GatewaySnapshot = { readonly baseUrl: string; readonly requests: number; readonly bytes: number }

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

/** Received objects that are kept to look at. */
export type StoreSnapshot = { readonly memoryBytes: number; readonly finished: boolean }

/** A presentation that is sent. */
export type PresentationSnapshot = { readonly input: string; readonly demo: boolean }

/** What the sections of a session hold, by name. `session` belongs to the session, every other section to one part. */
export type SectionMap = {
  readonly session: SessionSection
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
  readonly recording: RecordingSnapshot
  readonly folder: FolderSnapshot
  readonly store: StoreSnapshot
  readonly presentation: PresentationSnapshot
  readonly broadcast: BroadcastSnapshot
}

/** Name of a section. */
export type SectionName = keyof SectionMap

/** A section that has changed. `version` grows with every change; a null value: the part has the section no longer. */
export type SectionChange = {
  readonly [S in SectionName]: {
    /** Null: the session itself. */
    readonly part: string | null
    readonly section: S
    readonly version: number
    readonly value: SectionMap[S] | null
  }
}[SectionName]

/** What has changed in a session since the last of these; the first one after watching holds everything. */
export type SectionChanges = { readonly sessionId: string; readonly changes: readonly SectionChange[] }

/** SystemTime (A/331 §6.4) as sent last, and when it came. It carries no clock: offsets, and changes of them to come. */
export type SystemTimeSnapshot = {
  readonly values: JsonObject
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  readonly count: number
}

/** Life of a session; the last three are its ends. */
export type SessionPhase = 'starting' | 'running' | 'finished' | 'stopped' | 'failed'

/** What a session receives from or sends, as it stands. */
export type SourceSnapshot = {
  /** File name or URL. */
  readonly label: string
  /** Packets arrive for as long as it is listened to; false: it ends by itself. */
  readonly live: boolean
  /** How a capture is read; null for what is no capture. */
  readonly pace: Pace | null
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

/** A destination that is left until a player asks for what it carries; why, in words. */
export type LeftSnapshot = { readonly destination: string; readonly reason: string }

/** One multicast socket: what was joined, where, and what the system gave us. */
export type SocketSnapshot = {
  readonly destination: string
  /** Local addresses joined on, and the interfaces' names where known. */
  readonly interface: string
  /** Whose datagrams are taken, in words; null: anyone's. */
  readonly filter: string | null
  /** Datagrams of senders that are not taken; those the system sorted out are not counted. */
  readonly passedOver: number
  readonly joinedWallUs: number
  readonly packets: number
  readonly askedBufferBytes: number
  readonly grantedBufferBytes: number
  /** Datagrams the system dropped because the queue was full; null where it does not say. */
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
  readonly lostBytes: number
}

/** `announced` in the SLT only; `signalled` SLS read; `receiving` media arrives; `partial` media with losses; `silent` nothing for 5 s. */
export type ServiceState = 'announced' | 'signalled' | 'receiving' | 'partial' | 'silent' | 'not-joined'

/** A service as it stands. */
export type ServiceSnapshot = {
  readonly id: number
  readonly name: string | null
  readonly protocol: ServiceProtocol
  readonly category: number | null
  readonly major: number | null
  readonly minor: number | null
  readonly destination: string | null
  readonly state: ServiceState
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly objects: number
  readonly incomplete: number
  /** Stream times of the steps of tuning in, µs. */
  readonly startup: Startup
  /** Of an MMTP service; null for others. */
  readonly mmtp: MmtpSnapshot | null
  /** Where lost bytes can be had by HTTP, as signalling says. */
  readonly repairServers: readonly SignalledServer[]
  /** Null while there is nothing to play, with the reason in `notPlayable`. */
  readonly playable: PlayableSnapshot | null
  readonly notPlayable: string | null
}

/** A repair server that signalling names: asked once an object was silent for so long, and after a wait between the two, ms. */
export type SignalledServer = {
  readonly url: string
  /** Share of the requests; 0: not to be used. */
  readonly weight: number
  readonly afterMs: number
  readonly fixedBackoffMs: number
  readonly randomBackoffMs: number
}

/** What an MMTP flow carries. */
export type MmtpSnapshot = {
  readonly packets: readonly {
    readonly packetId: number
    readonly type: 'mpu' | 'generic' | 'signaling' | 'repair' | 'unknown'
    readonly packets: number
    readonly bytes: number
    readonly rateBps: number
    readonly lost: number
    readonly duplicates: number
    readonly outOfOrder: number
  }[]
  readonly assets: readonly {
    readonly packetId: number
    /** Null until an MP table or an MPU said it. */
    readonly assetId: string | null
    readonly type: string | null
    /** Whole MPUs. */
    readonly mpus: number
    /** MPUs given up. */
    readonly incomplete: number
    readonly firstMpu: number | null
    readonly lastMpu: number | null
    /** The MPU that was on its way when reception began. */
    readonly partialAtStart: number | null
    readonly samplesLost: number
    /** MPUs of which no packet came. */
    readonly absent: number
    /** What the USBD says it is, `video, primary`, and its name; null where it says nothing. */
    readonly component: { readonly role: string | null; readonly name: string | null } | null
    /** Flow it comes in. */
    readonly destination: string
  }[]
  readonly messages: readonly { readonly name: string; readonly count: number; readonly version: number }[]
  /** Packets of all packet_ids that never came, by packet_counter; null where the sender does not count. */
  readonly lostInAll: number | null
}

/** Where a player finds a service in the gateway. */
export type PlayableSnapshot = {
  readonly kind: 'dash' | 'hls'
  /** Address of the manifest on the session's gateway. */
  readonly url: string
  /** True while the presentation grows (live or real-time replay). */
  readonly live: boolean
  readonly codecs: readonly string[]
}

/** A flow as it stands. */
export type FlowSnapshot = {
  readonly destination: string
  readonly source: string
  readonly protocol: FlowProtocol
  /** Physical layer pipe; null where the link does not say. */
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
  /** The same for all versions of it; they follow each other in the list. */
  readonly series: string
  readonly scope: 'lls' | 'sls'
  readonly service: number | null
  readonly type: string
  readonly name: string
  /** LLS_group_id. */
  readonly group: number | null
  /** Came inside a SignedMultiTable, or in a signed package. */
  readonly signed: boolean
  readonly signature: SignatureVerdict | null
  readonly version: number | null
  /** The object that brought it: TOI of the SLS package, and what that says of it (A/331 Annex C). */
  readonly tsi: number | null
  readonly toi: number | null
  readonly toiMeaning: string | null
  readonly count: number
  readonly bytes: number
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  /** Between arrivals, over all versions; with the newest version only, null before the second arrival. */
  readonly interval: { readonly minUs: number; readonly medianUs: number; readonly maxUs: number } | null
}

/** What is being sent. */
export type BroadcastSnapshot = {
  readonly url: string
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly objects: number
  readonly lateMs: number
}

/** Fetching of missing bytes by HTTP: objects being fetched, waiting, whole again, and given up. */
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
 * `ready`: used. `whole-files`: used, but it does not answer ranges. `failing`: it did not answer lately. `refused`: what it
 * said was wrong, and it is not asked any more.
 */
export type RepairServerSnapshot = {
  readonly url: string
  readonly state: 'ready' | 'whole-files' | 'failing' | 'refused'
  readonly requests: number
  readonly bytes: number
  /** What was last wrong with it, one clause. */
  readonly problem: string | null
}

/** Packets being written to a capture, or that were. */
export type RecordingSnapshot = {
  /** The file being written; of several in a row the last. */
  readonly file: string
  readonly files: number
  readonly packets: number
  readonly bytes: number
  readonly startedWallUs: number
  /** Wall µs of its end, null while it goes on. */
  readonly endedWallUs: number | null
  /** Started by a person in the session, rather than by what the session was started with. */
  readonly byHand: boolean
  readonly problem: AppError | null
}

/** One line of the log. */
export type LogLine = {
  readonly wallUs: number
  readonly topic: LogTopic
  readonly level: LogLevel
  readonly text: string
}
