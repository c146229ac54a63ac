/**
 * A session as a value: what a command line, a form in the app, a saved file and (later) a pasted GPAC command all become.
 * `core/engine` is the only place that runs one. Versioned JSON; unknown fields are refused when read from a file.
 *
 * A session names sources, sinks, and links from a source to a sink. A source without a link feeds every sink.
 */
export type SessionSpec = {
  readonly format: 'routescope-session'
  readonly version: 1
  readonly name?: string
  readonly sources: readonly SourceSpec[]
  readonly sinks: readonly SinkSpec[]
  readonly links?: readonly LinkSpec[]
  /** Stop after so many seconds of wall time; absent: run to the end of the source, or until stopped. */
  readonly durationS?: number
  readonly log?: LogSpec
}

/** Ids of a source and of a sink it feeds. */
export type LinkSpec = { readonly from: string; readonly to: string }
/** Where packets or content come from. */
export type SourceSpec = MulticastSource | CaptureSource | PresentationSource

/**
 * Listening to a live multicast. `route://IP:PORT` is one ROUTE session; `atsc://` tunes through LLS on 224.0.23.60:4937;
 * `mabr://IP:PORT` is where a gateway configuration of DVB-MABR is sent.
 */
export type MulticastSource = {
  readonly id: string
  readonly kind: 'multicast'
  readonly url: string
  /** Local addresses or interface names to join on, each with sockets of its own; absent: the system's choice. */
  readonly interfaces?: readonly string[]
  /** Only datagrams of these senders (a source-specific join); absent: of any. Never taken from the SLT. */
  readonly sourceAddresses?: readonly string[]
  /** Datagrams of these senders are passed over. */
  readonly excludeSourceAddresses?: readonly string[]
  /** Socket receive buffer to ask for, bytes; what the system grants is reported. Absent: 16 MiB. */
  readonly bufferBytes?: number
  readonly receive: ReceiveSpec
}

/** Reading packets from pcap or pcapng files, plain or gzip'ed, several in a row as one. */
export type CaptureSource = {
  readonly id: string
  readonly kind: 'capture'
  readonly files: readonly string[]
  /** `fast`: as fast as they can be read, time moves with the packets. `real`: at the captured times, shifted to now. */
  readonly pace: Pace
  /** How often to play it: 1 once, 0 for ever. */
  readonly loop: number
  readonly linkType?: UserLinkType
  /** What to receive from it, as for multicast; absent: everything that can be found. */
  readonly url?: string
  readonly receive: ReceiveSpec
}

/** A DASH or HLS presentation, a folder or a single file to broadcast. */
export type PresentationSource = {
  readonly id: string
  readonly kind: 'presentation'
  /** Path of a manifest, a folder or a file, or an http(s) URL of a manifest; `demo:` is the presentation shipped with the app. */
  readonly input: string
  /** Repeat a static presentation for ever as one continuous live service (segment numbers and decode times go on). */
  readonly loop: boolean
}

/** `fast`: as fast as it can be taken; `real`: at its own times. */
export type Pace = 'fast' | 'real'

/** Which services to join: GPAC's tunein -2 first, -1 all, 0 none, -3 scan, or a list of service ids. */
export type TuneIn = 'first' | 'all' | 'none' | 'scan' | readonly number[]

/** How objects are treated; see RECEIVE_OPTIONS for each field. */
export type ReceiveSpec = {
  readonly services: TuneIn
  /** Keep objects that stayed incomplete (GPAC's kc). */
  readonly keepCorrupt: boolean
  /** Deliver repeats of an unchanged object again (GPAC's skipr=false). */
  readonly keepRepeats: boolean
  /** How long an incomplete object waits once a newer one of its TSI started, ms of stream time (GPAC's rtimeout: 500). */
  readonly reorderMs: number
  /** False: an object is done, or given up, as soon as another TOI of its TSI begins (GPAC's reorder=false). */
  readonly reorder: boolean
  /**
   * When TOIs that jump back mean that the content starts again. `on`: GPAC's cloop, a TOI more than 100 below the last; `auto`:
   * more than 100 and more than four steps below, which `$Time$` TOIs need; `off`: never.
   */
  readonly detectLoops: 'auto' | 'on' | 'off'
  /** Give up when nothing of a service arrived for so long, s; absent: wait for ever (GPAC's timeout). */
  readonly timeoutS?: number
  /** When a service that was received falls silent, keep it and its sockets instead of ending after `timeoutS` (GPAC's ka). */
  readonly keepAlive: boolean
  /** Rebuild the objects of this TSI only, beside the signalling on TSI 0; absent: all (GPAC's tsidbg). */
  readonly onlyTsi?: number
  /** The gateway gives out only whole segments (GPAC's fullseg). */
  readonly fullSegments: boolean
  /** False: as `fullSegments`, and manifests no longer promise segments before they are whole (GPAC's llmode=false). */
  readonly lowLatency: boolean
  /** Live behind a gateway only: groups of representations that nobody asks for are left until somebody does (GPAC's dynsel). */
  readonly dynamicSelection: boolean
  /** Period of the statistics in the log (`route@info`), ms; 0 none; less than 0: counted from the start on, never reset. */
  readonly statsMs: number
  /** Uses AL-FEC repair flows to restore lost source symbols, whatever `repair` says. */
  readonly fec: boolean
  /** What becomes of objects that stay incomplete. */
  readonly repair: RepairSpec
}

/**
 * `none`: left as they are. `simple` and `strict`: ISO BMFF and TS files are patched so that a player can read them (GPAC's
 * words: `simple` keeps a damaged mdat, `strict` hides its whole fragment). `http`: missing bytes are fetched first, and what
 * still lacks some is patched as in `strict` (GPAC's `full`).
 */
export type RepairSpec = {
  readonly mode: 'none' | 'simple' | 'strict' | 'http'
  /** Servers, tried in order; empty: those the signalling names (GPAC's repair_urls). */
  readonly urls: readonly string[]
  /** Requests at a time (GPAC's max_sess). */
  readonly connections: number
  /** Gaps closer than this are fetched by one request, bytes (GPAC's range_merge). */
  readonly mergeBytes: number
  /** Below this share of received bytes the whole file is fetched, percent; 0: always whole (GPAC's minrecv). */
  readonly minReceivedPercent: number
  /** In which order, and how much, of an ISO BMFF file is fetched (GPAC's riso). */
  readonly order: 'none' | 'simple' | 'partial' | 'deps' | 'depx'
}

/** As RECEIVE_OPTIONS has it. */
export const DEFAULT_REPAIR: RepairSpec = {
  mode: 'strict',
  urls: [],
  connections: 1,
  mergeBytes: 10_000,
  minReceivedPercent: 20,
  order: 'none',
}

/** As RECEIVE_OPTIONS has it. */
export const DEFAULT_RECEIVE: ReceiveSpec = {
  services: 'first',
  keepCorrupt: false,
  keepRepeats: false,
  reorderMs: 500,
  reorder: true,
  detectLoops: 'auto',
  keepAlive: false,
  fullSegments: false,
  lowLatency: true,
  dynamicSelection: true,
  statsMs: 0,
  fec: true,
  repair: DEFAULT_REPAIR,
}

/** Where what is received or sent goes. */
export type SinkSpec = FolderSpec | GatewaySink | ReportSink | CaptureSink | BroadcastSink | StoreSink

/** Received files as `DIR/serviceN/…`. */
export type FolderSpec = {
  readonly id: string
  readonly kind: 'folder'
  readonly dir: string
  /** Media segments kept per representation; 0 keeps all (GPAC's max_segs). */
  readonly maxSegments: number
  /** One folder for each TSI, `DIR/serviceN/tsiT/…`; what comes inside a signalling package is in `tsi0` (GPAC's stsi). */
  readonly splitTsi: boolean
}

/** HTTP server over what is received. */
export type GatewaySink = {
  readonly id: string
  readonly kind: 'gateway'
  readonly host: string
  /** 0: any free port; the one taken is in the session snapshot. */
  readonly port: number
  readonly maxSegments: number
  /** `auto` answers cross-origin requests that carry Origin; `on` always; `off` never. */
  readonly cors: 'auto' | 'on' | 'off'
}

/** Objects kept for the app to look at: in memory up to a budget, then in a temporary session folder. */
export type StoreSink = {
  readonly id: string
  readonly kind: 'store'
  readonly memoryBytes: number
  readonly maxSegments: number
}

/** The report document, written when the session ends. */
export type ReportSink = { readonly id: string; readonly kind: 'report'; readonly file: string }

/**
 * Packets that arrive or are sent, as a pcapng. It has its name from the beginning and grows by whole blocks. What follows
 * `file` is for packets that arrive only.
 */
export type CaptureSink = { readonly id: string; readonly kind: 'capture'; readonly file: string } & RecordingOptions

/** How packets are recorded. */
export type RecordingOptions = {
  /** The user's words, kept in the file. */
  readonly comment?: string
  /** Only the packets of joined services, with those of their signalling and of the LLS. */
  readonly joinedOnly?: boolean
  /** Bytes kept of each packet, IP header included; absent: all. */
  readonly snapBytes?: number
  /** A new file after so many bytes, or after so much stream time: `NAME_00001.pcapng`, `NAME_00002.pcapng` … */
  readonly rotateBytes?: number
  readonly rotateSeconds?: number
}

/** What the frames of user-defined link types (USER0 to USER15, experimental ones) of a capture are. */
export type UserLinkType = 'raw' | 'eth' | 'alp'

/** Sending a presentation as ROUTE or ATSC 3.0. */
export type BroadcastSink = {
  readonly id: string
  readonly kind: 'broadcast'
  /** `route://IP:PORT` or `atsc://[IP:PORT]`. */
  readonly url: string
  readonly interface?: string
  readonly ttl: number
  /** Whole LCT packet: header, FEC payload id and data (GPAC's mtu). */
  readonly mtu: number
  /** Period of signalling repetition, ms. */
  readonly carouselMs: number
  readonly flavour: 'us' | 'korean'
  /** `real`: each segment spread over its duration; `fast`: no pacing, only useful with a capture sink. */
  readonly pace: Pace
  /** The service as the SLT names it. */
  readonly serviceId: number
  readonly serviceName: string
}

/** Parts of the program that log, by GPAC's names where it has them. */
export type LogTopic = 'engine' | 'route' | 'lls' | 'dash' | 'http' | 'socket' | 'file' | 'send'
/** From the fewest lines to the most. */
export type LogLevel = 'error' | 'warning' | 'info' | 'debug'
/** Level per topic; `all` sets those not named. */
export type LogSpec = Partial<Record<LogTopic | 'all', LogLevel>>
