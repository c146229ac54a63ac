import type { LossSpans } from './loss.ts'

/**
 * The report that `inspect --json` and `--report` write and the app's views read (design: command-line.md).
 * Times are seconds since the UNIX epoch (float), sizes bytes, ranges half-open `[start, end)`.
 * A field that is not known is null, never left out or invented.
 */
export type Report = {
  readonly format: 'routescope-report'
  readonly version: 1
  readonly source: ReportSource
  readonly totals: ReportTotals
  readonly lls: readonly ReportLls[]
  readonly services: readonly ReportService[]
  readonly flows: readonly ReportFlow[]
  /** Links and tunnels that carried the flows with a PLP; empty for plain IP traffic. */
  readonly links: readonly ReportLink[]
  readonly alarms: readonly ReportAlarm[]
}

/** Seconds of 1980, when nobody captured packets: times before count from the beginning of a capture, not from a date. */
export const FIRST_DATE_S = 315_532_800

/** The source; times are null where no packet arrived, or none has a time. */
export type ReportSource = {
  readonly kind: 'capture' | 'multicast' | 'capture-stream' | 'interface' | 'presentation'
  readonly name: string
  readonly firstTime: number | null
  readonly lastTime: number | null
}

/** Sums over the whole session. */
export type ReportTotals = {
  readonly frames: number
  readonly udp: number
  readonly bytes: number
  readonly malformed: number
  readonly fragmentsDropped: number
  /** Objects with missing bytes and announced objects that never arrived, by cause. */
  readonly losses: Losses
  /** Packets and bytes lost, before and after repair; of channels with objects. */
  readonly loss: LossSpans
  /** Packets dropped by this computer's sockets and by the capturing computer; null where neither counts them. */
  readonly hostDrops: number | null
  /** Part of `hostDrops`: what captures report of the computer that made them; null where they report nothing. */
  readonly captureDrops: number | null
  /** Longest time the program was kept from reading its sockets, ms; null for a capture. */
  readonly eventLoopLagMs: number | null
}

/**
 * Where something was lost, as far as a receiver can know (rules in core/inspect/losses/loss-causes.ts, words in `CAUSE_TEXT`): `network`
 * before this computer, whoever lost it there; `host` in this computer; `capture` in the one that made the capture; `sender` where
 * evidence shows that it was not sent; else `unknown`.
 */
export type LossCause = 'network' | 'host' | 'capture' | 'sender' | 'unknown'
/** Where something was lost, in words. */
export const CAUSE_TEXT: Readonly<Record<LossCause, string>> = {
  network: 'before this computer',
  host: 'this computer',
  capture: 'the computer that made the capture',
  sender: 'the sender',
  unknown: 'unknown',
}
/** The causes in the order in which they are listed. */
export const LOSS_CAUSES = Object.keys(CAUSE_TEXT) as readonly LossCause[]

/** Bytes are those known to be missing; an object of which nothing arrived counts with its announced length, or 0. */
export type Losses = Readonly<Record<LossCause, { readonly objects: number; readonly bytes: number }>>

/**
 * The way from tuning in to a picture, in order. `join`: the first group was joined, or the capture's first packet. `lls`,
 * `slt`: first LLS table, first SLT that lists the service. `firstPacket`: of the service. `sls`: first whole fragment of its
 * signalling. `stsid`, `manifest`: first S-TSID, first MPD or playlist. `init`: first whole initialisation segment.
 * `firstMedia`, `firstSegment`: first media object begun, and whole. `playable`: manifest read, and of every role the S-TSID
 * announces (without one: that was seen; of files without roles, any) an initialisation segment, where there are any, and a media segment whole; of MMTP, whose MPUs need no
 * manifest, signalling read and an MPU of every role whole.
 */
export const STARTUP_STEPS = [
  'join',
  'lls',
  'slt',
  'firstPacket',
  'sls',
  'stsid',
  'manifest',
  'init',
  'firstMedia',
  'firstSegment',
  'playable',
] as const
/** One of STARTUP_STEPS. */
export type StartupStep = (typeof STARTUP_STEPS)[number]
/** When each step was reached first; null where it was not, or the protocol has none. */
export type Startup = Readonly<Record<StartupStep, number | null>>

/** One LLS table that was received. */
export type ReportLls = {
  /** 0 for tables of the link layer (LMT, RDT), which are no LLS; their `group` is the PLP. */
  readonly tableId: number
  readonly name: string
  readonly group: number
  readonly version: number
  readonly count: number
  readonly firstTime: number
  readonly lastTime: number
  readonly bytes: number
  readonly xml: string | null
  /** Decoded; null where it is private or cannot be read. */
  readonly values: JsonObject | null
  /** The body in hex where it is no XML, cut after 4096 bytes; else null. */
  readonly hex: string | null
  /** Arrived inside a SignedMultiTable. */
  readonly signed: boolean
  /** Verdict on its signature (SignedMultiTable and its tables, CertificationData); null where it has none. */
  readonly signature: ReportSignature | null
  /** Between arrivals of this table, whatever its version: s; null before the second. */
  readonly interval: ReportInterval | null
}

/** `good`: the signature matches content and certificate, whose trust is not checked; `bad`: something does not match. */
export type SignatureVerdict = 'good' | 'bad' | 'unchecked'

/** Verdict on a signature (A/360), and who made it. */
export type ReportSignature = {
  readonly verdict: SignatureVerdict
  /** One sentence: signer, validity and authority; or what does not match; or why it was not checked. */
  readonly text: string
  /** Subject of the signer's certificate, where it was received. */
  readonly signer: string | null
  readonly issuer: string | null
  /** Validity of the signer's certificate. */
  readonly validFrom: number | null
  readonly validTo: number | null
  /** `ECDSA SHA-256`. */
  readonly algorithm: string | null
  readonly signingTime: number | null
  /** Subjects from the signer upward, as far as certificates were received and are signed by the next. */
  readonly chain: readonly string[]
}

/** Seconds. The median is that of the last 128. */
export type ReportInterval = { readonly min: number; readonly median: number; readonly max: number }

/** Any value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
/** An object of JSON. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** How a service is delivered; `none`: its SLT entry gives no session. */
export type ServiceProtocol = 'route' | 'mmtp' | 'flute' | 'none'
/** `stltp` and `alptp` are tunnels; the flows inside are listed themselves. */
export type FlowProtocol = 'lls' | 'route' | 'flute' | 'mmtp' | 'stltp' | 'alptp' | 'unknown'
export type ChannelRole = 'signaling' | 'video' | 'audio' | 'text' | 'data' | 'unknown'
/** `error`: something is missing or wrong; `warning`: it may be; `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** One service: its signalling, and what was received of it. */
export type ReportService<Channels = readonly ReportChannel[], Sls = readonly ReportSls[]> = {
  readonly id: number
  readonly name: string | null
  readonly protocol: ServiceProtocol
  readonly category: number | null
  readonly major: number | null
  readonly minor: number | null
  /** `ip:port`, or `[ipv6]:port`. */
  readonly destination: string | null
  readonly source: string | null
  readonly sls: Sls
  readonly sessions: readonly ReportSession<Channels>[]
  /** Times of the steps of tuning in. */
  readonly startup: Startup
  /** Why nothing of it can be played, in a sentence; null where all that a player needs has arrived. */
  readonly notPlayable: string | null
  /** Packets and bytes lost, before and after repair. */
  readonly loss: LossSpans
  readonly mmtp: ReportMmtp | null
  /** Repair servers that the configuration of DVB-MABR names; empty where it names none. */
  readonly repairServers: readonly ReportRepairServer[]
}

/** A BaseURL of UnicastRepairParameters (TS 103 769 §10.2.3.13); times in s. */
export type ReportRepairServer = {
  readonly url: string
  /** Share of the requests; 0: not to be used. */
  readonly weight: number
  /** Removed from the front of an object's name before that is appended to `url`; null: nothing. */
  readonly objectBase: string | null
  /** Silence of an object after which it is to be repaired. */
  readonly after: number
  /** Wait before a request; a random time up to `randomBackoff` is added. */
  readonly fixedBackoff: number
  readonly randomBackoff: number
}

/** One fragment of service layer signalling. */
export type ReportSls = {
  readonly type: string
  readonly name: string
  readonly version: number | null
  readonly firstTime: number
  readonly bytes: number
  readonly lastTime: number
  /** How often this version arrived. */
  readonly count: number
  /** TOI of the object that carried it last. */
  readonly toi: number | null
  /** Meaning of that TOI for a package (A/331 Annex C): `gzip, S-TSID, version 1`; null for other objects. */
  readonly toiMeaning: string | null
  /** Decoded; null for what is no XML and no playlist, or cannot be read. */
  readonly values: JsonObject | null
  /** Verdict on its signed package; null where that is not signed. */
  readonly signature: ReportSignature | null
  /** Between arrivals of this fragment, whatever its version: s; null before the second. */
  readonly interval: ReportInterval | null
}

/** One ROUTE or FLUTE session, by destination, with its LCT channels. */
export type ReportSession<Channels = readonly ReportChannel[]> = {
  readonly destination: string
  readonly channels: Channels
}

/** One LCT channel (TSI). */
export type ReportChannel<Objects = readonly ReportObject[]> = {
  readonly tsi: number
  readonly role: ChannelRole
  readonly representation: string | null
  readonly packets: number
  readonly bytes: number
  readonly duplicates: number
  readonly outOfOrder: number
  /** Bytes known to be missing from objects that ended incomplete. */
  readonly lost: number
  /** Objects that a manifest, playlist or file table announced and of which no packet arrived. */
  readonly missingObjects: number
  /** Packets and bytes lost, before and after repair. */
  readonly loss: LossSpans
  /** Null without repair packets and recovered bytes. */
  readonly fec: ReportFec | null
  readonly objects: Objects
}

/** Packets of a channel's repair flow, and bytes recovered for its own objects. */
export type ReportFec = {
  readonly repairPackets: number
  /** UDP payload of the repair packets. */
  readonly repairBytes: number
  /** TSIs it protects, by the S-TSID; none where repair symbols protect the objects of their own channel (FLUTE). */
  readonly protects: readonly number[]
  /** `repairBytes` in percent of the protected source packets' bytes; null where none arrived. */
  readonly overheadPercent: number | null
  /** Source symbols decoded, and how long that took. */
  readonly recoveredSymbols: number
  readonly decodeMs: number
  /** Objects of this channel that FEC completed, and the bytes it recovered. */
  readonly healed: number
  readonly recovered: number
}

/** `partial`: bytes were lost; `truncated`, `joined`: none were, reception ended or began inside it. */
export type ObjectState = 'receiving' | 'complete' | 'partial' | 'truncated' | 'joined'

/** One object, whole or not. */
export type ReportObject = {
  readonly toi: number
  /** The exact TOI in decimal, where it is above 2^53-1: `toi` is then the nearest number. */
  readonly wideToi?: string
  /** 0 for the first object of this TOI, then 1, 2 … when the TOI is reused with other content. */
  readonly instance: number
  readonly name: string | null
  readonly contentType: string | null
  readonly size: number | null
  readonly received: number
  /** Bytes that FEC recovered; `received` is without them. */
  readonly recovered: number
  readonly complete: boolean
  readonly state: ObjectState
  readonly missing: readonly (readonly [number, number])[]
  /** Of the object as transported (before gzip is undone); null while incomplete. */
  readonly sha256: string | null
  readonly codepoint: number
  readonly packets: number
  readonly firstTime: number
  readonly lastTime: number
  readonly repeats: number
  /** Repair of an incomplete object, and the bytes it gave; null where there was none. */
  readonly repair: { readonly how: RepairHow; readonly bytes: number } | null
  /** Sender current time of EXT_TIME in the first packet that has one. */
  readonly senderTime: number | null
  /** EXT_ROUTE_PRESENTATION_TIME. */
  readonly presentationTime: number | null
}

/** `http`: fetched, the object is whole. `simple`, `strict`: patched so that players skip missing bytes. */
export type RepairHow = 'http' | 'simple' | 'strict'

/** What arrived of an MMTP service: flows by packet id, and assets. */
export type ReportMmtp = {
  readonly packets: readonly {
    readonly packetId: number
    readonly type: 'mpu' | 'generic' | 'signaling' | 'repair' | 'unknown'
    readonly packets: number
    readonly bytes: number
    readonly lost: number
  }[]
  readonly assets: readonly {
    readonly packetId: number
    readonly assetId: string
    readonly type: string
    readonly mpus: number
    /** MPUs of which no packet arrived, by gaps in their numbers. */
    readonly absent: number
    /** Its component in the USBD: type and role in words, and name; null where it has none. */
    readonly component: { readonly role: string | null; readonly name: string | null } | null
  }[]
}

/** One flow of UDP datagrams, understood or not. */
export type ReportFlow = {
  readonly destination: string
  readonly packets: number
  readonly bytes: number
  readonly protocol: FlowProtocol
  /** Physical layer pipe; null where unknown. */
  readonly plp: number | null
}

/** What mirrors, routers and overlays wrap around packets; each of them that occurs is a link. */
export const WRAPPINGS = [
  'tzsp',
  'erspan',
  'vxlan',
  'geneve',
  'gre',
  'gtp',
  'lisp',
  'etherip',
  'ip',
  'mpls',
  'ethernet',
  'cisco-cmd',
  'vn-tag',
  'e-tag',
  'i-tag',
  'r-tag',
  'hsr',
  'fabricpath',
  'trill',
  'juniper',
  'ppi',
  'pktap',
  'erf',
] as const
/** One of WRAPPINGS. */
export type Wrapping = (typeof WRAPPINGS)[number]

/** One link or tunnel below the IP packets: captured ALP, or a studio-to-transmitter tunnel. */
export type ReportLink = {
  readonly kind: 'alp' | 'stltp' | 'alptp' | Wrapping
  /** Of the tunnel; null for a capture of ALP packets, and for wrapped ones. */
  readonly destination: string | null
  /** Packets and losses at each level, by name: `lost` tunnel packets, `basebandLost`, `alpDropped` and so on. */
  readonly counts: Readonly<Record<string, number>>
  readonly lmt: readonly ReportLmt[]
}

/** Arrivals of the link mapping table in one PLP. */
export type ReportLmt = {
  readonly plp: number | null
  readonly count: number
  readonly firstTime: number
  readonly lastTime: number
}

/** An alarm, by the id of its health rule. */
export type ReportAlarm = {
  readonly rule: string
  readonly severity: Severity
  readonly service: number | null
  /** TSI; of MMTP the packet_id. */
  readonly tsi: number | null
  /** TOI; of MMTP the MPU sequence number. */
  readonly toi: number | null
  readonly time: number
  /** Findings that it stands for; `time` is that of the first. */
  readonly count: number
  readonly lastTime: number
  readonly text: string
  /** Where it was lost; null for alarms about no loss. */
  readonly cause: LossCause | null
  /** The cause in words, and what speaks for it; null for alarms about no loss. */
  readonly causeText: string | null
  readonly evidence: string | null
}
