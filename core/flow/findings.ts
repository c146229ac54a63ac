import type { ServiceId } from '../contract/ids.ts'
import type { LossCause, ReportLink } from '../contract/report.ts'
import type { CarrierPlace } from './carriers.ts'

/** Place and time of a finding; null for what it is not about. */
export type FindingPlace = {
  readonly timeUs: number
  /** Frame or datagram that shows it, from 1; 0 unknown. */
  readonly frame: number
  readonly service: ServiceId | null
  /** Channel or object, in its carrier's terms: the one that the object has, where there is one. */
  readonly carrier: CarrierPlace | null
  /** Row of the object. */
  readonly object: number | null
  /** `ip:port` of the flow. */
  readonly destination: string | null
}

/** Completes a place: what is not in `rest` is unknown. */
export function placeAt(timeUs: number, frame: number, rest: Partial<FindingPlace> = {}): FindingPlace {
  return { service: null, carrier: null, object: null, destination: null, ...rest, timeUs, frame }
}

/** Why bytes could not be read: code and message of a `CodecError`. */
export type Fault = { readonly code: string; readonly message: string }

/** The signed thing. */
export type SignedThing =
  | { readonly of: 'lls-tables'; readonly group: number }
  | { readonly of: 'certificates'; readonly group: number }
  | { readonly of: 'sls-package' }
  | { readonly of: 'package'; readonly name: string }
  /** `message` identifies the message within its flow. */
  | { readonly of: 'mmtp-message'; readonly message: string }

/** A bound on the cost of hostile or broken input, and what exceeded it. */
export type LimitHit =
  | { readonly limit: 'lls-tables' | 'sls-objects' | 'tables' | 'objects' | 'mpus'; readonly passed: PassedCounts }
  | { readonly limit: 'sessions'; readonly most: number; readonly beyond: string }
  | { readonly limit: 'channels'; readonly most: number }
  | { readonly limit: 'assets'; readonly most: number }
  | { readonly limit: 'packet-ids'; readonly most: number }
  | { readonly limit: 'open-objects'; readonly most: number }
  /** `claimed`: size in the header; null where the data exceeds it. */
  | { readonly limit: 'object-bytes'; readonly most: number; readonly claimed: number | null }
  | { readonly limit: 'holes' }
  | { readonly limit: 'memory'; readonly of: 'objects' | 'mpus' }
  | { readonly limit: 'quarantine'; readonly of: 'objects' | 'packets' | 'mpus' }
  | { readonly limit: 'repair-symbols'; readonly most: number; readonly flow: SymbolCarrier }

/** Tables of one source that were not read, because they change too often: live counts. */
export type PassedCounts = {
  /** Passed over so far. */
  readonly count: number
  /** New ones in the last second that had any. */
  readonly perSecond: number
}

/** A stretch of stream time without packets; live. */
export type Outage = {
  /** Of the last packet before it. */
  readonly fromUs: number
  /** Of the first packet after it; null while it lasts. */
  untilUs: number | null
  /** Its length, also where the stream's clock passed over a part of it; null while it lasts. */
  lengthUs: number | null
  /** Longest time without packets that is right here, µs. */
  readonly limitUs: number
}

/** A stretch of stream time in which every look at a service saw or heard the same; live. */
export type SeenStretch = {
  /** Beginning of the first segment in which it is so. */
  readonly fromUs: number
  /** Beginning of the first segment in which it is not; null while it lasts. */
  untilUs: number | null
}

/** Found with each look at a service for as long as it lasts, and once it is `over`. */
export type SeenFacts = {
  readonly serviceName: string | null
  readonly stretch: SeenStretch
  readonly over: boolean
}

/** Something that is to come and does not; live. */
export type Absence = {
  /** When it came; null until then. */
  untilUs: number | null
}

/** The times for which a table did not come; live. */
export type TableGap = {
  /** Of its last arrival while it does not come; null while it comes. */
  sinceUs: number | null
  /** Of all its gaps beyond the limit. */
  longestUs: number
  times: number
  readonly limitUs: number
}

/** Segments of a channel that came late one after another; live. */
export type LateRun = {
  /** Among the runs of its channel. */
  readonly number: number
  segments: number
  /** Of the latest of them, and its name. */
  worstUs: number
  worst: string
  /** Of a segment, µs. */
  readonly durationUs: number
}

/** Carrier of repair symbols: a repair flow of ROUTE, or the channel of FLUTE itself. */
export type SymbolCarrier = 'route' | 'flute'

/** A fault of repair symbols. */
export type FecFault =
  | { readonly fec: 'parameters'; readonly faults: readonly string[] }
  | { readonly fec: 'no-protected-object' }
  | { readonly fec: 'no-oti' }
  | { readonly fec: 'sub-blocks'; readonly subBlocks: number }
  | { readonly fec: 'scheme'; readonly scheme: string }
  /** Sizes that the codec does not support. */
  | { readonly fec: 'sizes'; readonly reason: string }
  | { readonly fec: 'mismatch'; readonly reason: string }

/** What was found, without a judgement; `inspect/rules` makes alarms of it. */
export type FindingFacts =
  // Tables and files that cannot be read
  | {
      readonly kind: 'llsUnreadable'
      readonly table: string
      readonly group: number | null
      readonly signed: boolean
      readonly fault: Fault
    }
  | { readonly kind: 'linkTableUnreadable'; readonly table: string; readonly fault: Fault }
  | { readonly kind: 'slsUnreadable'; readonly part: 'object' | 'package'; readonly fault: Fault }
  | { readonly kind: 'fragmentUnreadable'; readonly type: string; readonly name: string; readonly fault: Fault }
  | { readonly kind: 'manifestUnreadable'; readonly name: string; readonly fault: Fault }
  | { readonly kind: 'fileTableUnreadable'; readonly fault: Fault }
  | { readonly kind: 'fdtUnreadable'; readonly instance: number; readonly fault: Fault }
  | { readonly kind: 'configurationUnreadable'; readonly fault: Fault }
  | { readonly kind: 'messageUnreadable'; readonly what: string; readonly fault: Fault }
  /** Entries of a readable table that were left out, and how its text differs from its format. `count`: all entries. */
  | {
      readonly kind: 'entriesDropped'
      readonly table: string
      readonly dropped: readonly { readonly path: string; readonly reason: string }[]
      readonly count: number
      readonly writings: readonly {
        readonly what: 'ampersand' | 'encoding'
        readonly count: number
        readonly where: string
      }[]
    }
  | { readonly kind: 'contentUnreadable'; readonly name: string | null; readonly fault: Fault }
  /** Its file is kept as it came. */
  | { readonly kind: 'encodingUnknown'; readonly name: string | null; readonly encoding: string }
  // Signatures and certificates
  | { readonly kind: 'signatureChecked'; readonly signed: SignedThing; readonly verdict: string; readonly text: string }
  | {
      readonly kind: 'certificateSeen'
      readonly id: string
      readonly subject: string
      readonly validFromUs: number
      readonly validToUs: number
    }
  // Signalling
  | {
      readonly kind: 'serviceRenumbered'
      readonly listed: number
      readonly number: number
      readonly other: string | null
    }
  /** A table names a destination that is not joined; `reason` completes a sentence about it. */
  | {
      readonly kind: 'addressRefused'
      readonly table: string
      readonly address: string
      readonly reason: string
    }
  | { readonly kind: 'packageTypes'; readonly types: ReadonlySet<string>; readonly gzip: boolean }
  | { readonly kind: 'channelUndeclared' }
  | { readonly kind: 'configurationAbsent' }
  | { readonly kind: 'protocolUnknown'; readonly serviceName: string | null; readonly protocol: string | null }
  | { readonly kind: 'endpointSilent'; readonly silentMs: number; readonly senders: readonly string[] }
  | { readonly kind: 'tableExpired'; readonly instance: number; readonly expiresUs: number; readonly sentUs: number }
  /** Packets of objects that no table describes; `named` are the numbers of the first of them. */
  | {
      readonly kind: 'undescribedPackets'
      readonly packets: number
      readonly objects: number
      readonly named: readonly string[]
      readonly joining: boolean
    }
  /** The number of a table that is valid was used again for other content. `restarted`: it names other files. */
  | { readonly kind: 'instanceReused'; readonly instance: number; readonly restarted: boolean }
  /** An object came whole, and no table names it. `expected`: what a manifest announces in its place. */
  | {
      readonly kind: 'objectUnnamed'
      readonly bytes: number
      readonly packets: number
      readonly expected: string | null
      /** Null while a table may still name it. */
      readonly keptAs: string | null
    }
  /** The sender gives a size of 0, in the header of its packets or in the file table. */
  | {
      readonly kind: 'zeroSize'
      readonly size: 'symbol size' | 'source block length'
      readonly inHeader: boolean
      readonly name: string | null
    }
  /** A packet has symbols of another size than the header of its object, or the file table, gives them; bytes. */
  | {
      readonly kind: 'symbolSizeOther'
      readonly told: number
      readonly came: number
      readonly inHeader: boolean
      readonly name: string | null
    }
  | { readonly kind: 'fecSchemeUnknown'; readonly encodingId: number }
  /** The sender announced the end of its session. `complete`: its table said that it describes no further files. */
  | { readonly kind: 'sessionClosed'; readonly complete: boolean }
  /** A media segment whose first track fragment has no `tfdt`. */
  | { readonly kind: 'decodeTimeAbsent'; readonly name: string | null }
  // Silence
  | { readonly kind: 'signalGone'; readonly outage: Outage }
  | { readonly kind: 'signalBack'; readonly outage: Outage }
  | { readonly kind: 'serviceSilent'; readonly serviceName: string | null; readonly outage: Outage }
  | { readonly kind: 'serviceBack'; readonly serviceName: string | null; readonly outage: Outage }
  // What comes too seldom, or not at all
  | { readonly kind: 'llsAbsent'; readonly limitUs: number; readonly absence: Absence }
  /** `missing`: types of fragments; `any`: others came. */
  | {
      readonly kind: 'slsAbsent'
      readonly serviceName: string | null
      readonly missing: readonly string[]
      readonly any: boolean
      readonly hasPackets: boolean
      readonly limitUs: number
      readonly absence: Absence
    }
  | {
      readonly kind: 'tableLate'
      readonly of: 'slt' | 'systemTime' | 'sls'
      readonly table: string
      readonly gap: TableGap
    }
  | {
      readonly kind: 'tableSlow'
      readonly of: 'slt' | 'systemTime' | 'sls'
      readonly table: string
      readonly medianUs: () => number
      readonly limitUs: number
    }
  | { readonly kind: 'manifestLate'; readonly table: string; readonly gap: TableGap }
  /** A later version of an MPD changed what players hold for fixed. `before` and `now`: its value, or names. */
  | {
      readonly kind: 'manifestChanged'
      readonly manifest: string
      readonly change: {
        readonly of: 'start' | 'period' | 'sets' | 'representations'
        readonly period: string | null
        readonly before: string
        readonly now: string
      }
    }
  /** The content of a table changed, its version did not. `version`: as its sender names it. */
  | {
      readonly kind: 'versionUnchanged'
      readonly scope: 'lls' | 'sls'
      readonly table: string
      readonly version: string
    }
  // Media
  | { readonly kind: 'channelStopped'; readonly outage: Outage }
  | { readonly kind: 'channelBack'; readonly outage: Outage }
  /** A channel of media that the signalling declares never had a packet. */
  | { readonly kind: 'channelNeverSent'; readonly representation: string; readonly limitUs: number }
  | { readonly kind: 'rateChanged'; readonly bps: number; readonly meanBps: number; readonly windowUs: number }
  | { readonly kind: 'segmentsLate'; readonly run: LateRun }
  /** Representations that no channel carries. */
  | {
      readonly kind: 'representationsAbsent'
      readonly representations: readonly string[]
      /** Of one of their adaptation sets nothing is carried: a player cannot choose another. */
      readonly wholeSet: boolean
      readonly manifest: string
    }
  // Pictures and sound
  | ({ readonly kind: 'pictureBlack' } & SeenFacts)
  | ({ readonly kind: 'pictureFrozen' } & SeenFacts)
  | ({ readonly kind: 'soundSilent' } & SeenFacts)
  // Packets
  | { readonly kind: 'oddHeader' }
  /**
   * The source plays again from an earlier point; `channel` is the index of its channel. `silentUs`: silence of the session's media
   * before it; `far`: the numbers of its objects alone tell it; `follows`: another channel of the session has told of it.
   */
  | {
      readonly kind: 'sessionRestarted'
      readonly channel: number
      readonly from: number
      readonly to: number
      readonly silentUs: number
      readonly far: boolean
      readonly follows: boolean
    }
  /** Two addresses send different bytes under one channel; the first one is taken. */
  | { readonly kind: 'twoSenders'; readonly first: string; readonly second: string }
  /** The bytes of an object sent once changed while it was received. */
  | { readonly kind: 'objectChanged'; readonly name: string | null }
  | { readonly kind: 'linkLoss'; readonly link: ReportLink['kind']; readonly losses: readonly LinkLoss[] }
  | { readonly kind: 'internalFault'; readonly reason: string }
  | { readonly kind: 'limit'; readonly hit: LimitHit }
  // Objects
  | {
      readonly kind: 'objectLost'
      readonly name: string | null
      readonly lost: number
      readonly size: number | null
      readonly holes: number
      readonly first: number
      readonly fec: string | null
      /** Another length that the sender declared of it; negative or absent without one. */
      readonly redeclared?: number
    }
  /** An object ended without a gap and without a told length. `cut`: only its reception ended. */
  | { readonly kind: 'lengthUntold'; readonly name: string | null; readonly bytes: number; readonly cut: boolean }
  /** The length of a whole object was nowhere told: its content shows its end. */
  | { readonly kind: 'lengthMeasured'; readonly name: string | null; readonly by: 'content' | 'repeats' }
  /** The declared length of an object changed while it was sent. */
  | {
      readonly kind: 'lengthRedeclared'
      readonly name: string | null
      readonly before: number
      readonly after: number
    }
  | {
      readonly kind: 'segmentLost'
      readonly name: string | null
      readonly lost: number
      readonly holes: number
      readonly first: number
    }
  /** `reason`: mismatch with the digests of its table; null: with its own header. */
  | { readonly kind: 'digestMismatch'; readonly name: string | null; readonly reason: string | null }
  | {
      readonly kind: 'objectsAbsent'
      readonly names: readonly string[]
      readonly between: readonly [string, string] | null
      readonly cause: LossCause
      readonly evidence: string
    }
  | {
      readonly kind: 'mpusAbsent'
      readonly mpus: readonly number[]
      readonly cause: LossCause
      readonly evidence: string
    }
  /** Repeats of whole objects lack packets; `media` is sent again only where its sender began again. */
  | { readonly kind: 'repeatsLost'; readonly packets: number; readonly bytes: number; readonly media: boolean }
  | { readonly kind: 'hostDropped'; readonly packets: number; readonly lagMs: number }
  /** A live source broke off and is opened again. `reason` completes a sentence. */
  | { readonly kind: 'sourceBroke'; readonly source: string; readonly reason: string }
  | { readonly kind: 'sourceBack'; readonly source: string; readonly seconds: number }
  // Repair
  | {
      readonly kind: 'objectRepaired'
      readonly name: string
      readonly bytes: number
      readonly urls: readonly string[]
      readonly absent: boolean
    }
  | {
      readonly kind: 'objectUnrepaired'
      readonly name: string
      readonly reason: string | null
      readonly absent: boolean
    }
  | {
      readonly kind: 'fetchesRefused'
      readonly name: string
      readonly others: number
    }
  | {
      readonly kind: 'objectPatched'
      readonly name: string
      readonly patch: string
    }
  | { readonly kind: 'fecFault'; readonly flow: SymbolCarrier; readonly fault: FecFault }
  | { readonly kind: 'repairSymbolsUnused'; readonly scheme: string }
  // MMTP
  /** Packets lost so far; `last`: the count is final. */
  | {
      readonly kind: 'packetsMissing'
      readonly lost: number
      readonly packets: number
      readonly gaps: number
      readonly last: boolean
    }
  | {
      readonly kind: 'mpuLost'
      readonly type: string | null
      readonly samples: number | null
      readonly incomplete: number
      readonly metadata: boolean
      readonly fragments: boolean
      readonly fault: Fault | null
    }
  | {
      readonly kind: 'mpusUnread'
      readonly withoutMetadata: number
      readonly withoutFragments: number
      readonly last: boolean
    }

/** Losses on a link since the last report: unit, count, and count in all. */
export type LinkLoss = { readonly what: string; readonly lost: number; readonly total: number }

/** A finding and its place. */
export type Finding = FindingFacts & FindingPlace

/**
 * The finding of these facts at a place, which becomes it and is used for nothing else. Two spreads in one literal cost a
 * hundred times as much where facts of several kinds come by, and a storm finds something with each packet.
 */
export function findingAt(facts: FindingFacts, place: FindingPlace): Finding {
  return Object.assign(place, facts)
}
export type FindingKind = FindingFacts['kind']
export type FindingOf<Kind extends FindingKind> = Extract<FindingFacts, { readonly kind: Kind }> & FindingPlace
