import type { AlarmRow } from './alarm-row.ts'
import type { AppError } from './app-error.ts'
import type { ChannelFactValues } from './channel-table.ts'
import type { LossSpans } from './loss.ts'
import type {
  ChannelRole,
  FlowProtocol,
  JsonObject,
  Losses,
  ReportLink,
  ServiceProtocol,
  SignatureVerdict,
  Startup,
  StartupStep,
} from './report.ts'
import type { LinkSpec, LogLevel, LogTopic, Pace } from './session-spec.ts'

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
  readonly servers: readonly ServerSnapshot[]
  readonly pushes: readonly PushTargetSnapshot[]
  readonly broadcasts: readonly BroadcastSnapshot[]
  /** What came back of what the session sends; null where it does not compare them. */
  readonly selfLoop: SelfLoopSnapshot | null
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
  readonly parts: readonly { readonly id: string; readonly kind: string; readonly title: string }[]
  /** Which part feeds which, implied links too. */
  readonly links: readonly LinkSpec[]
}

/** The HTTP server of received files. */
export type GatewaySnapshot = { readonly baseUrl: string; readonly requests: number; readonly bytes: number }

/** The HTTP server of folders. */
export type ServerSnapshot = {
  readonly baseUrl: string
  readonly requests: number
  /** Body bytes sent, and received by uploads. */
  readonly bytes: number
  readonly uploadedBytes: number
  /** Connections that are open. */
  readonly connections: number
}

/** An HTTP server that files are pushed to. */
export type PushTargetSnapshot = {
  /** Folder of the files, without credentials. */
  readonly url: string
  /** Files that it took, and their bytes; files that it removed. */
  readonly files: number
  readonly bytes: number
  readonly removed: number
  /** Files that were given up, and those left out since too much waited. */
  readonly failed: number
  readonly leftOut: number
  readonly retries: number
  readonly waitingBytes: number
  /** It answered last time, or nothing was asked yet. */
  readonly reachable: boolean
  /** Why the last request failed; null where it did not. */
  readonly problem: string | null
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

/** Types of a session's sections by name. `session` belongs to the session, every other section to one part. */
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
  readonly server: ServerSnapshot
  readonly push: readonly PushTargetSnapshot[]
  readonly recording: RecordingSnapshot
  readonly folder: FolderSnapshot
  readonly store: StoreSnapshot
  readonly presentation: PresentationSnapshot
  readonly broadcast: BroadcastSnapshot
  readonly selfLoop: SelfLoopSnapshot
}

/** Name of a section. */
export type SectionName = keyof SectionMap

/** A changed section. `version` grows with every change; a null value: the part no longer has the section. */
export type SectionChange = {
  readonly [S in SectionName]: {
    /** Null: the session itself. */
    readonly part: string | null
    readonly section: S
    readonly version: number
    readonly value: SectionMap[S] | null
  }
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

/** `announced` in the SLT only; `signalled` SLS read; `receiving` media arrives; `partial` media with losses; `silent` nothing for longer than is usual, 5 s at least, or the signal is gone; `closed` the same after the sender closed its session. */
export type ServiceState = 'announced' | 'signalled' | 'receiving' | 'partial' | 'silent' | 'closed' | 'not-joined'

/** State of a service. */
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
  /** Objects begun before reception, or not over at its end. */
  readonly cutOff: number
  /** Packets and bytes lost, before and after repair. */
  readonly loss: LossSpans
  /** Stream times of the steps of tuning in, µs. */
  readonly startup: Startup
  /** When each of these steps last held. */
  readonly latest: Latest
  /** MMTP flows of the service; null for other protocols. */
  readonly mmtp: MmtpSnapshot | null
  /** Repair servers that signalling names. */
  readonly repairServers: readonly SignalledServer[]
  /** Null while nothing can be played; the reason is in `notPlayable`. */
  readonly playable: PlayableSnapshot | null
  /** Why not all that a player needs has arrived, or is served, in a sentence; null where it is. */
  readonly notPlayable: string | null
}

/** When a step of tuning in last held, stream µs, and for how long that is fresh; null: however old it is. */
export type LastSeen = { readonly timeUs: number; readonly limitUs: number | null }
/** By step; null where it never held, or is not watched. */
export type Latest = Readonly<Record<StartupStep, LastSeen | null>>

/** A repair server that signalling names, see ReportRepairServer; times in ms. */
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
    /** Null until an MP table or an MPU names it. */
    readonly assetId: string | null
    readonly type: string | null
    /** Whole MPUs. */
    readonly mpus: number
    /** MPUs that ended incomplete. */
    readonly incomplete: number
    readonly firstMpu: number | null
    readonly lastMpu: number | null
    /** MPU of which reception missed the beginning. */
    readonly partialAtStart: number | null
    readonly samplesLost: number
    /** MPUs of which no packet arrived. */
    readonly absent: number
    /** Its component in the USBD: `video, primary`, and name; null where it has none. */
    readonly component: { readonly role: string | null; readonly name: string | null } | null
    /** Flow that carries it. */
    readonly destination: string
  }[]
  readonly messages: readonly { readonly name: string; readonly count: number; readonly version: number }[]
  /** Packets of all packet_ids that never arrived, by packet_counter; null where the sender does not count. */
  readonly lostInAll: number | null
}

/** Manifest of a service on the gateway, for a player. */
export type PlayableSnapshot = {
  readonly kind: 'dash' | 'hls'
  /** Address of the manifest on the session's gateway; for a window, on the only port that its page may ask. */
  readonly url: string
  /** True while the presentation grows (live or real-time replay). */
  readonly live: boolean
  readonly codecs: readonly string[]
  /** References of its manifests that lead out of the broadcast, and are not served; null without one. */
  readonly cut: CutSnapshot | null
  /** How all of its media is encrypted, as `cenc, Widevine`; null where some can be played. */
  readonly encryption: string | null
  /** Representation@id of what the manifest lists and no channel carries: it is not offered. */
  readonly offAir: readonly string[]
  /** How often its sender began again: what is served is of the newest transmission. */
  readonly restarts: number
  /** What players of the windows made of it; null: none has played it yet. */
  readonly picture: PictureSnapshot | null
}

/** How far a player came with a service. */
export type PictureSnapshot = {
  /** From Play to the first picture or sound decoded, ms; null: none yet. */
  readonly decodedAfterMs: number | null
  /** From Play to the first picture on the screen, ms; null: none yet. */
  readonly shownAfterMs: number | null
  /** It plays sound only: no picture is to come. */
  readonly soundOnly: boolean
  /** Why nothing more is decoded, one sentence; null while it plays or loads. */
  readonly problem: string | null
}

/** References taken out of the manifests of a service: the number of all, and the first ones. */
export type CutSnapshot = {
  readonly count: number
  readonly first: readonly {
    /** Name of the manifest. */
    readonly document: string
    /** `BaseURL`, `SegmentTemplate@media`, `#EXT-X-KEY`. */
    readonly place: string
    readonly line: number
    /** As written, shortened. */
    readonly reference: string
  }[]
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

/** State of a broadcast. */
export type BroadcastSnapshot = {
  readonly url: string
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  readonly objects: number
  readonly lateMs: number
  /** Packets that its loss model kept back, which `packets` does not count. */
  readonly keptBack: number
  /** Packets that the network did not take, which `packets` does not count. */
  readonly notTaken: number
  /** The chances of that model now, as `--loss` has them. */
  readonly loss: string
  /** What it sends, in the order of its inputs. */
  readonly services: readonly SentServiceSnapshot[]
}

/** One service of a broadcast. */
export type SentServiceSnapshot = {
  readonly id: number
  readonly name: string
  /** Path or URL of what is sent. */
  readonly input: string
  /** `dash` and `hls` presentations; `files`: plain files. */
  readonly content: 'dash' | 'hls' | 'files'
  /** Duration of one turn, µs; null: it is live. */
  readonly durationUs: number | null
  /** It repeats for ever. */
  readonly repeats: boolean
  readonly channels: readonly SentChannelSnapshot[]
}

/** One channel that is sent: its plan, and what has become of it. */
export type SentChannelSnapshot = {
  readonly destination: string
  readonly tsi: number
  /** Representation@id or name of the playlist; null: plain files. */
  readonly representation: string | null
  /** `video`, `audio`, `text` …; null where unknown. */
  readonly contentType: string | null
  /** Rate that the manifest gives, bit/s; null: it gives none. */
  readonly plannedBps: number | null
  /** UDP payload, initialisation segments and playlists included. */
  readonly packets: number
  readonly bytes: number
  readonly rateBps: number
  /** Objects sent completely. */
  readonly objects: number
  /** How long its next packet is due, ms; 0: it is not. */
  readonly lateMs: number
}

/**
 * What became of an object that the session sent. `coming`: on its way; `equal`: it came back with the same SHA-256; `late`: so, but
 * only `lateAfterUs` after its last packet was sent; `differs`: it came back with another one; `incomplete`: without some of its bytes;
 * `lost`: no packet of it; `unheard`: it was sent before its group was joined; `cut`: sending or reception ended within it.
 */
export type ReturnState = 'coming' | 'equal' | 'late' | 'differs' | 'incomplete' | 'lost' | 'unheard' | 'cut'

/** Numbers of objects by what became of them. */
export type ReturnCounts = { readonly [State in ReturnState]: number }

/** Objects that a session sends, matched with those that it receives. */
export type SelfLoopSnapshot = {
  readonly counts: ReturnCounts
  /** Objects that arrived in the channels of the broadcast, and that it did not send. */
  readonly strange: number
  /** From the last packet of an object being sent to its arrival, of the newest thousand; null before the first. */
  readonly delayUs: { readonly median: number; readonly p95: number; readonly longest: number } | null
  /** Delay above which an object is late, µs. */
  readonly lateAfterUs: number
  /** Time of this snapshot, which the times of the objects precede, µs. */
  readonly nowUs: number
  readonly channels: readonly { readonly destination: string; readonly tsi: number; readonly counts: ReturnCounts }[]
  /** The newest objects, in the order of sending. */
  readonly objects: readonly ReturnedObject[]
}

/** One object that was sent, and what came back of it; what is repeated unchanged is one, with the times of its last transmission that mattered. */
export type ReturnedObject = {
  readonly destination: string
  readonly tsi: number
  readonly toi: number
  /** Row in the session's objects, and its name; null before anything of it arrived, or where it has none. */
  readonly index: number | null
  readonly name: string | null
  /** Null while it is not known. */
  readonly sizeBytes: number | null
  readonly transmissions: number
  readonly beganUs: number
  /** Its last packet was sent; null: not yet, or never. */
  readonly outUs: number | null
  /** Its first and last packet arrived; null: none did. */
  readonly arrivingUs: number | null
  readonly arrivedUs: number | null
  readonly delayUs: number | null
  readonly missingBytes: number
  readonly state: ReturnState
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
