import type { ChannelFactValues, CountedFact } from '../contract/channel-table.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectRepair } from '../contract/object-rows.ts'
import type {
  ChannelRole,
  FlowProtocol,
  JsonObject,
  ReportLink,
  ReportSignature,
  ServiceProtocol,
} from '../contract/report.ts'
import type { CarrierPlace, ChannelCarrier, SignallingCarrier } from './carriers.ts'
import type { BadDatagram, Flow } from './datagrams.ts'
import type { Finding } from './findings.ts'
import type { FlowObject, ListedFacts, ObjectKind } from './objects.ts'
import type { ReadOnce } from './read-once.ts'
import type { ReceiveTarget } from './receive-target.ts'

/** A multicast destination whose packets are wanted. */
export type Destination = {
  readonly address: string
  readonly port: number
  /** Addresses the DVB-MABR gateway configuration allows as senders; absent: any. */
  readonly sources?: readonly string[]
  /**
   * When the destination may be left: after `afterMs` without packets (sessionIdleTimeout of DVB-MABR), on behalf of
   * `services`; `generation` numbers the configurations. Absent: it stays joined.
   */
  readonly idle?: { readonly afterMs: number; readonly services: readonly number[]; readonly generation: number }
}

/** Merges two wants for one destination: senders of both, and the longer idle time where both have one. */
export function wantedByBoth(one: Destination | undefined, other: Destination): Destination {
  if (one === undefined) return other
  const { address, port, sources, idle } = one
  const everyone = sources === undefined || other.sources === undefined
  return {
    address,
    port,
    ...(everyone ? {} : { sources: [...new Set([...sources, ...other.sources])] }),
    ...(idle === undefined || other.idle === undefined ? {} : { idle: idleOfBoth(idle, other.idle) }),
  }
}

type Idle = NonNullable<Destination['idle']>

function idleOfBoth(one: Idle, other: Idle): Idle {
  return {
    afterMs: Math.max(one.afterMs, other.afterMs),
    services: [...new Set([...one.services, ...other.services])],
    generation: Math.max(one.generation, other.generation),
  }
}

/** Time between two packets of a flow that is noted as a pause, µs. */
export const PAUSE_US = 500_000

/** One flow on the wire. The receiver counts; observers read the numbers when they need them. Times µs. */
export interface FlowFacts {
  /** Null for the flows beyond the bound, which are counted together. */
  readonly flow: Flow | null
  readonly protocol: FlowProtocol
  readonly serviceId: ServiceId | null
  readonly packets: number
  /** UDP payload. */
  readonly bytes: number
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  /** Time of the first packet after the last pause of more than `PAUSE_US`; 0 without one. */
  readonly pausedUntilUs: number
  /** It arrived inside a tunnel, whose own flow counts the bytes on the wire. */
  readonly inner: boolean
}

/** A link or tunnel below the flows; its numbers are live. */
export type LinkFacts = ReportLink

/** One packet_id of an MMTP flow. */
export interface MmtpFacts {
  readonly packetId: number
  readonly type: 'mpu' | 'generic' | 'signaling' | 'repair' | 'unknown'
  readonly packets: number
  readonly bytes: number
  readonly lost: number
  readonly duplicates: number
  readonly outOfOrder: number
}

/** One asset of an MMT package: one packet_id with MPUs. */
export interface MmtpAssetFacts {
  readonly packetId: number
  /** From the MP table, else from the MPUs; null until either arrives. */
  readonly assetId: string | null
  /** Four-character code; null until known. */
  readonly type: string | null
  /** Complete MPUs. */
  readonly mpus: number
  /** Incomplete MPUs. */
  readonly incomplete: number
  /** MPU sequence numbers seen. */
  readonly firstMpu: number | null
  readonly lastMpu: number | null
  /** The MPU already in transmission when the asset was first seen: not a loss. */
  readonly partialAtStart: number | null
  /** MPUs of which no packet arrived, counted from the numbers of their neighbours. */
  readonly absent: number
  /** Role (`video, primary`) and name in the USBD; null where it has none. */
  readonly component: { readonly role: string | null; readonly name: string | null } | null
  /** Number of the folder of its files: the packet_id, unless another flow of the service uses that number. */
  readonly folder: number
  /** Flow that carries it. */
  readonly destination: string
  /** Missing or damaged samples of incomplete MPUs. */
  readonly samplesLost: number
  /** Presentation time of an MPU, UNIX µs on the sender's clock; null where unknown. */
  timeOf(mpuSequence: number): number | null
}

/** Signalling messages of one kind on an MMTP flow. */
export interface MmtpMessageFacts {
  /** `PA`, `MPT`, `MA3 USBD`, …. */
  readonly name: string
  readonly count: number
  /** Version of the newest message. */
  readonly version: number
  readonly lastTimeUs: number
}

/** An MMTP flow beyond its packet_ids. */
export interface MmtpFlowFacts {
  readonly assets: readonly MmtpAssetFacts[]
  readonly messages: readonly MmtpMessageFacts[]
  /** Lost packets of all packet_ids by packet_counter; null where the sender does not count. */
  readonly lostInAll: number | null
}

/** A server with the objects of a service, for HTTP repair (UnicastRepairParameters of DVB-MABR). */
export type RepairServer = {
  /** Prefix of the address: followed by the object's name without `stripBase`. */
  readonly url: string
  /** Share of the requests among all servers; 0: not used. */
  readonly weight: number
  readonly stripBase: string | null
  /** Delay before a request, ms: the first, plus a random time up to the second. */
  readonly fixedBackoffMs: number
  readonly randomBackoffMs: number
  /** Silence after which an object is repaired, ms. */
  readonly afterMs: number
}

/** An object announced by a manifest or a file table of which no packet arrived. */
export type AbsentObject = {
  readonly serviceId: ServiceId
  readonly carrier: ChannelCarrier
  readonly representation: string | null
  readonly name: string
  readonly contentType: string | null
  readonly kind: 'media' | 'file'
  /** As transported; null where unknown. */
  readonly sizeBytes: number | null
  /** It is encoded on air. */
  readonly encoded: boolean
  readonly listed: ListedFacts | null
  readonly noticedUs: number
  /** End of its use to players, stream µs; null where unknown. */
  readonly usefulUntilUs: number | null
}

/** A service: identity, signalling and state. */
export interface ServiceFacts {
  readonly id: ServiceId
  readonly name: string | null
  readonly protocol: ServiceProtocol
  readonly category: number | null
  readonly major: number | null
  readonly minor: number | null
  /** `ip:port` of the SLS, or of the MMTP flow. */
  readonly destination: string | null
  readonly source: string | null
  /** Where the SLT says that its signalling is fetched by HTTP; null where it is broadcast, or nothing is said. */
  readonly signallingUrl: string | null
  readonly joined: boolean
  /** Its description of channels or components, or a manifest, has been read. */
  readonly signalled: boolean
  /** The manifest's name below the service, once one has been read. */
  readonly manifest: { readonly kind: 'dash' | 'hls'; readonly name: string; readonly codecs: readonly string[] } | null
  readonly mmtp: readonly MmtpFacts[] | null
  /** Service that uses these files too: a configuration session of DVB-MABR carries files for all. */
  readonly sharesFilesOf: ServiceId | null
  readonly mmtpFlow: MmtpFlowFacts | null
  /** Servers that the signalling names for HTTP repair. */
  readonly repairServers: readonly RepairServer[]
  /** Representation@id of the media on the channels that signalling lists; null where nothing tells. */
  readonly announced: ReadonlySet<string> | null
}

/** Counters of a channel's repair flow, and of the repair of its own objects. */
export interface FecFacts {
  /** UDP payload of its repair packets. */
  readonly repairBytes: number
  /** Numbers of the channels its repair flow protects, from the signalling. */
  readonly protects: readonly number[]
  /** Source symbols its repair flow decoded, and the time this took, µs. */
  readonly recoveredSymbols: number
  readonly decodeUs: number
  /** Own objects that repair flows completed, and their recovered bytes. */
  readonly healed: number
  readonly recovered: number
}

/** One channel of objects (`ChannelCarrier`); the receiver counts. */
export interface ChannelFacts extends Pick<ChannelFactValues, CountedFact> {
  /** Index in the session, dense from 0. */
  readonly index: number
  readonly carrier: ChannelCarrier
  readonly destination: string
  readonly serviceId: ServiceId | null
  readonly role: ChannelRole
  readonly representation: string | null
  /** Its last packet had the A flag: the sender closes its session (RFC 5651 5.1). */
  readonly closed: boolean
  /** Repair packets among `packets`. */
  readonly repairPackets: number
  /** Null where its protocol has no FEC. */
  readonly fec: FecFacts | null
}

/** One LLS table at its first arrival. Bytes are valid during the call. */
export type LlsTableFact = {
  /** Identity of the content, the same for each repetition. */
  readonly key: number
  readonly tableId: number
  readonly name: string
  readonly group: number
  readonly version: number
  /** Size of the datagram, or of the payload inside a SignedMultiTable. */
  readonly bytes: number
  /** As sent: the datagram, or the payload. */
  readonly raw: Uint8Array
  /** The body without gzip; null where it cannot be inflated. */
  readonly body: Uint8Array | null
  /** The decoded body, decoded on access; null where it is private or cannot be read. */
  readonly values: JsonObject | null
  /** Destinations of the services that an SLT lists, read on access; absent of any other table. It throws as `parseXml`. */
  readonly announces?: () => readonly string[]
  /** It arrived inside a SignedMultiTable. */
  readonly signed: boolean
  readonly signature: ReportSignature | null
}

/** The representations of an MPD. */
export type MpdRoles = {
  readonly roles: ReadonlyMap<string, ChannelRole>
  /** Roles of which a representation has its initialisation segment apart from its media. */
  readonly initApart: ReadonlySet<ChannelRole>
  /** What it lacks that every player needs, said after its name; null where some of it can be played. */
  readonly lack: string | null
}

/** One fragment of service layer signalling: a part of an SLS package, an in-band FDT. */
export type SlsFragment = {
  readonly type: string
  readonly name: string
  readonly version: number | null
  readonly bytes: Uint8Array
  /** Index of the channel whose files a table (EFDT, FDT) lists. */
  readonly channel?: number
  /** What an MPD says of its representations, read on access. It throws CodecError where it cannot be read. */
  readonly mpd?: () => MpdRoles
  /** What the table says, where its reader shares that. */
  readonly document?: ReadOnce
  /** What carried it, where `slsRepeated` names that. */
  readonly carrier?: SignallingCarrier
  /** Verdict on its signed package. */
  readonly signature?: ReportSignature | null
}

/** The repair of an object that lacked bytes. */
export type RepairFact = ObjectRepair & {
  readonly kind: ObjectKind
  /** The object as transported, where it is complete now; valid during the call. */
  readonly whole: Uint8Array | null
}

/**
 * Receives events in stream order. Facts objects are live: read later, they have the current numbers. Bytes are valid
 * during the call.
 */
export interface ReceiveObserver {
  flowSeen(flow: FlowFacts): void
  /** A new service, or a change of a fact (counters excluded). */
  serviceChanged(service: ServiceFacts): void
  /** A discovered service belongs to another one. */
  serviceGone(service: ServiceFacts): void
  /** The SLT gives a service another number: all that was told of `former` is of it. */
  serviceRenumbered?(service: ServiceFacts, former: ServiceId): void
  channelSeen(channel: ChannelFacts): void
  /** A table with new content. */
  llsTable(table: LlsTableFact, timeUs: number): void
  /** A table with content seen before. */
  llsRepeated(key: number, timeUs: number): void
  /** A fragment with new content; `bytes` is unpacked. */
  slsFragment(serviceId: ServiceId, fragment: SlsFragment, timeUs: number): void
  /** Fragments were sent again unchanged: those of one carrier, or all current ones of the service (null). */
  slsRepeated(serviceId: ServiceId, timeUs: number, carrier: SignallingCarrier | null): void
  /** A fragment (`TYPE/name`) with the same content arrived again, in this carrier (null: one that nothing names). */
  slsUnchanged(serviceId: ServiceId, fragment: string, carrier: SignallingCarrier | null, timeUs: number): void
  /** The verdict on a signature changed. */
  llsSignature(key: number, signature: ReportSignature): void
  slsSignature(serviceId: ServiceId, carrier: SignallingCarrier, signature: ReportSignature): void
  /** Rows count from 0. `bytes[start, end)` is the header of its first packet, as far as the content, which ends at `packetEnd`. */
  objectBegun(object: FlowObject, bytes: Uint8Array, start: number, end: number, packetEnd: number): void
  /** Complete, incomplete or cut off; its bytes can be read during the call. */
  objectEnded(object: FlowObject): void
  /** An incomplete object that had ended receives missing bytes. */
  objectResumed(object: FlowObject): void
  /** A packet of a finished object; `repeats` counts the further transmissions begun. */
  objectRepeated(index: number, packets: number, repeats: number, timeUs: number): void
  /** A repeat of a whole object lacked packets: `media` is sent once, and then again only where its sender begins again. */
  repeatLost?(
    channel: ChannelFacts,
    carrier: CarrierPlace,
    lost: { readonly packets: number; readonly bytes: number; readonly media: boolean },
    timeUs: number,
  ): void
  /** Repair completed or patched an object that had ended incomplete; its loss stays a fact. */
  objectRepaired(index: number, repair: RepairFact): void
  /** A name or type became known after the end of the object. */
  objectNamed(object: FlowObject): void
  malformed(bad: BadDatagram, flow: Flow): void
  /** Something that may break a rule. */
  found(finding: Finding): void
  /** A new link or tunnel below the flows. */
  linkSeen?(link: LinkFacts): void
  /** All destinations one target wants now; the source may leave any other. */
  destinationsWanted?(destinations: readonly Destination[], target: ReceiveTarget): void
}
