/**
 * A session as a value, made from a command line, a form in the app, a saved file or (later) a pasted GPAC command.
 * `core/engine` is the only place that runs one. Versioned JSON; unknown fields are refused when read from a file.
 *
 * A session names parts and links between them. Without links a part feeds every part that takes what it gives; a receiver and
 * repair are put between datagrams and objects where none are named.
 */
export type SessionSpec = {
  readonly format: 'routescope-session'
  readonly version: 2
  readonly name?: string
  readonly parts: readonly PartSpec[]
  readonly links?: readonly LinkSpec[]
  /** Wall time after which the session stops, s; absent: at the end of the source, or when stopped. */
  readonly durationS?: number
  /** Log levels of this session. */
  readonly log?: LogSpec
}

/** An option's value: plain JSON. */
export type OptionValue = boolean | number | string | readonly string[] | readonly number[]

/** One part: its kind, and the options that differ from the defaults of the kind's table. */
export type PartSpec = { readonly id: string; readonly kind: string } & {
  readonly [option: string]: OptionValue | undefined
}

/** Ids of a part and of one it feeds. */
export type LinkSpec = { readonly from: string; readonly to: string }
/** `fast`: as fast as possible; `real`: at its own times. */
export type Pace = 'fast' | 'real'

/** Which services to join: GPAC's tunein -2 first, -1 all, 0 none, -3 scan, or a list of service ids. */
export type TuneIn = 'first' | 'all' | 'none' | 'scan' | readonly number[]

/** Treatment of objects: the options of a receiver that are known below the engine. */
export type ReceiveSpec = {
  readonly services: TuneIn
  /** Keep objects that stayed incomplete (GPAC's kc). */
  readonly keepCorrupt: boolean
  /** Deliver repeats of an unchanged object again (GPAC's skipr=false). */
  readonly keepRepeats: boolean
  /** How long an incomplete object waits once a newer one of its TSI started, ms of stream time (GPAC's rtimeout: 500). */
  readonly reorderMs: number
  /** False: an object ends, whole or not, as soon as another TOI of its TSI begins (GPAC's reorder=false). */
  readonly reorder: boolean
  /**
   * When TOIs that go back mean that the content starts again. `on`: a TOI more than 100 below the last (GPAC's cloop); `auto`:
   * more than 100 and more than four steps below, for `$Time$` TOIs; `off`: never.
   */
  readonly detectLoops: 'auto' | 'on' | 'off'
  /** Rebuild the objects of this TSI only, beside the signalling on TSI 0; absent: all (GPAC's tsidbg). */
  readonly onlyTsi?: number
  /** Uses AL-FEC repair flows to restore lost source symbols, whatever `repair` says. */
  readonly fec: boolean
}

/**
 * `none`: left as they are. `simple` and `strict`: ISO BMFF and TS files are patched so that a player can read them (GPAC's
 * words: `simple` keeps a damaged mdat as it is; `strict` keeps its fragment without what is lost, so that decoders go on). `http`: missing bytes are fetched first, and files
 * that still lack bytes are patched as in `strict` (GPAC's `full`).
 */
export type RepairSpec = {
  readonly mode: 'none' | 'simple' | 'strict' | 'http'
  /** Servers, tried in order; empty: those the signalling names (GPAC's repair_urls). */
  readonly urls: readonly string[]
  /** Hosts that are asked where the signalling names them although they are not of the public internet. */
  readonly allow: readonly string[]
  /** Requests at a time (GPAC's max_sess). */
  readonly connections: number
  /** Gaps closer than this are fetched by one request, bytes (GPAC's range_merge). */
  readonly mergeBytes: number
  /** The whole file is fetched below this share of received bytes, percent; 0: always (GPAC's minrecv). */
  readonly minReceivedPercent: number
  /** Order and amount of what is fetched of an ISO BMFF file (GPAC's riso). */
  readonly order: 'none' | 'simple' | 'partial' | 'deps' | 'depx'
}

/** How packets are recorded. */
export type RecordingOptions = {
  /** The user's comment in the file. */
  readonly comment?: string
  /** Only packets of joined services, their signalling and the LLS are recorded. */
  readonly joinedOnly?: boolean
  /** Bytes kept of each packet, IP header included; absent: all. */
  readonly snapBytes?: number
  /** A new file begins after this many bytes, or this much stream time: `NAME_00001.pcapng`, `NAME_00002.pcapng` … */
  readonly rotateBytes?: number
  readonly rotateSeconds?: number
}

/** Content of frames with a user-defined link type (USER0 to USER15, experimental ones). */
export type UserLinkType = 'raw' | 'eth' | 'alp'

/** Parts of the program that log, by GPAC's names where it has them. */
export type LogTopic = 'engine' | 'route' | 'lls' | 'dash' | 'http' | 'socket' | 'file' | 'send'
/** Levels of log lines, from the fewest to the most: most severe first. */
export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
/** Level per topic; `all` sets those not named. */
export type LogSpec = Partial<Record<LogTopic | 'all', LogLevel>>
