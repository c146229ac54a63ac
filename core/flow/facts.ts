import type { ObjectRepair } from '../contract/object-rows.ts'
import type {
  ChannelRole,
  FlowProtocol,
  JsonObject,
  ReportLink,
  ReportSignature,
  ServiceProtocol,
} from '../contract/report.ts'
import type { ChannelCarrier } from './carriers.ts'
import type { Flow } from './datagrams.ts'
import type { Finding } from './findings.ts'
import type { FlowObject, ListedFacts } from './objects.ts'
import type { ReceiveTarget } from './receive-target.ts'

/** A multicast destination whose packets are wanted. */
export type Destination = {
  readonly address: string
  readonly port: number
  /** Its only senders, as the gateway configuration of DVB-MABR says; absent: not said. */
  readonly sources?: readonly string[]
  /**
   * What comes there may be left once it has been silent for so long, ms (sessionIdleTimeout of DVB-MABR); whose it is; and
   * which configuration says so, counted. Absent: it stays joined.
   */
  readonly idle?: { readonly afterMs: number; readonly services: readonly number[]; readonly generation: number }
}

/** One destination that two want: with the senders of both, and left as the more patient says, where both say theirs. */
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

/** One flow on the wire, counted by the receiver; an observer reads the numbers when it wants them. Times µs. */
export interface FlowFacts {
  /** Null for what came after the bound on flows was reached: those are counted together. */
  readonly flow: Flow | null
  readonly protocol: FlowProtocol
  readonly serviceId: number | null
  readonly packets: number
  /** UDP payload. */
  readonly bytes: number
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  /** It came inside a tunnel, whose own flow counts the bytes on the wire. */
  readonly inner: boolean
}

/** A link or tunnel below the flows, counted as it runs. */
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

/** One asset of an MMT package, that is one packet_id with MPUs. */
export interface MmtpAssetFacts {
  readonly packetId: number
  /** From the MP table, else from the MPUs; null until either came. */
  readonly assetId: string | null
  /** Four-character code; null until known. */
  readonly type: string | null
  /** Whole MPUs. */
  readonly mpus: number
  /** MPUs given up. */
  readonly incomplete: number
  /** MPU sequence numbers seen. */
  readonly firstMpu: number | null
  readonly lastMpu: number | null
  /** The MPU that was on its way when the asset was first seen: not a loss. */
  readonly partialAtStart: number | null
  /** MPUs of which no packet came, by the numbers of those around them. */
  readonly absent: number
  /** What the USBD says it is: `video, primary`, and its name; null where it says nothing. */
  readonly component: { readonly role: string | null; readonly name: string | null } | null
  /** Number of the folder its files are in: packet_id, unless that of another flow of the service has it. */
  readonly folder: number
  /** Flow it comes in. */
  readonly destination: string
  /** Samples of MPUs given up that are not whole. */
  readonly samplesLost: number
  /** When an MPU is presented, UNIX µs on the sender's clock; null where nothing said so. */
  timeOf(mpuSequence: number): number | null
}

/** Signalling messages of one kind on an MMTP flow. */
export interface MmtpMessageFacts {
  /** `PA`, `MPT`, `MA3 USBD`, …. */
  readonly name: string
  readonly count: number
  /** Of the newest. */
  readonly version: number
  readonly lastTimeUs: number
}

/** What is known of an MMTP flow beside its packet_ids. */
export interface MmtpFlowFacts {
  readonly assets: readonly MmtpAssetFacts[]
  readonly messages: readonly MmtpMessageFacts[]
  /** Packets of all packet_ids that never came, by packet_counter; null where the sender does not count. */
  readonly lostInAll: number | null
}

/** A server that has the objects of a service, to fetch what was lost from (UnicastRepairParameters of DVB-MABR). */
export type RepairServer = {
  /** Goes before the object's name, once `stripBase` has been taken off its front. */
  readonly url: string
  /** Share of the requests among all servers; 0: not to be used. */
  readonly weight: number
  readonly stripBase: string | null
  /** Before a request: so long, and a random time up to the second, ms. */
  readonly fixedBackoffMs: number
  readonly randomBackoffMs: number
  /** An object without packets for so long is to be repaired, ms. */
  readonly afterMs: number
}

/** An object that a manifest or a file table announced, and of which no packet came. */
export type AbsentObject = {
  readonly serviceId: number
  readonly carrier: ChannelCarrier
  readonly representation: string | null
  readonly name: string
  readonly contentType: string | null
  readonly kind: 'media' | 'file'
  /** As transported; null where nothing says. */
  readonly sizeBytes: number | null
  /** It would have been gzip'ed on air. */
  readonly encoded: boolean
  readonly listed: ListedFacts | null
  readonly noticedUs: number
  /** After that nobody wants it, stream µs; null where nothing says. */
  readonly usefulUntilUs: number | null
}

/** What is known of a service. */
export interface ServiceFacts {
  readonly id: number
  readonly name: string | null
  readonly protocol: ServiceProtocol
  readonly category: number | null
  readonly major: number | null
  readonly minor: number | null
  /** `ip:port` of the SLS, or of the MMTP flow. */
  readonly destination: string | null
  readonly source: string | null
  readonly joined: boolean
  /** USBD, S-TSID or a manifest has been read. */
  readonly signalled: boolean
  /** The manifest's name below the service, once one has been read. */
  readonly manifest: { readonly kind: 'dash' | 'hls'; readonly name: string; readonly codecs: readonly string[] } | null
  readonly mmtp: readonly MmtpFacts[] | null
  /** Service whose files belong to this one too: what a configuration session of DVB-MABR carries for all. */
  readonly sharesFilesOf: number | null
  readonly mmtpFlow: MmtpFlowFacts | null
  /** Where lost bytes can be had, as the signalling says; empty where it names no server. */
  readonly repairServers: readonly RepairServer[]
}

/** What a channel's repair flow did, and what was done for its objects. */
export interface FecFacts {
  /** UDP payload of its repair packets. */
  readonly repairBytes: number
  /** TSIs that its repair flow protects, as the S-TSID says. */
  readonly protects: readonly number[]
  /** Source symbols its repair flow decoded, and how long that took, µs. */
  readonly recoveredSymbols: number
  readonly decodeUs: number
  /** Its own objects that repair flows made whole, and the bytes they gave back. */
  readonly healed: number
  readonly recovered: number
}

/** One LCT channel, or one asset of an MMTP flow: counted by the receiver. */
export interface ChannelFacts {
  /** Index in the session, dense from 0. */
  readonly index: number
  readonly carrier: ChannelCarrier
  readonly destination: string
  readonly serviceId: number | null
  readonly role: ChannelRole
  readonly representation: string | null
  readonly packets: number
  /** UDP payload. */
  readonly bytes: number
  /** Repair packets among `packets`. */
  readonly repairPackets: number
  /** Null where nothing of the kind is known of its protocol. */
  readonly fec: FecFacts | null
  /** Packets of an object still arriving that brought nothing new. */
  readonly duplicates: number
  readonly outOfOrder: number
  /** Bytes known to be missing from objects that were given up. */
  readonly lost: number
  readonly complete: number
  readonly incomplete: number
  readonly lastTimeUs: number
}

/** One LLS table as it was first seen. Bytes are valid during the call. */
export type LlsTableFact = {
  /** Identity of the content: the same for every repetition of it. */
  readonly key: number
  readonly tableId: number
  readonly name: string
  readonly group: number
  readonly version: number
  /** Size of the datagram; of a table inside a SignedMultiTable that of its payload. */
  readonly bytes: number
  /** As sent: the datagram, or the payload. */
  readonly raw: Uint8Array
  /** gzip undone; null where that cannot be done. */
  readonly body: Uint8Array | null
  /** The body decoded, at the moment this is read; null where it is private or cannot be read. */
  readonly values: JsonObject | null
  /** Came inside a SignedMultiTable. */
  readonly signed: boolean
  readonly signature: ReportSignature | null
}

/** One fragment of service layer signalling: part of an SLS package, an in-band FDT, or the like. */
export type SlsFragment = {
  readonly type: string
  readonly name: string
  readonly version: number | null
  readonly bytes: Uint8Array
  /** Index of the LCT channel whose files a table (EFDT, FDT) lists. */
  readonly channel?: number
  /** The object that brought it, where `slsRepeated` will name that. */
  readonly tsi?: number
  readonly toi?: number
  /** Verdict on the signed package it came in. */
  readonly signature?: ReportSignature | null
}

/** What was done to an object that lacked bytes. */
export type RepairFact = ObjectRepair & {
  /** The object as transported, where it is whole now; valid during the call. */
  readonly whole: Uint8Array | null
}

/**
 * Told what happened, in stream order. Facts objects are live: kept and read later, they say the current numbers. Bytes
 * are valid during the call.
 */
export interface ReceiveObserver {
  flowSeen(flow: FlowFacts): void
  /** Called for a new service and whenever one of its facts changes (not for counters). */
  serviceChanged(service: ServiceFacts): void
  /** A discovered service turned out to belong to another one. */
  serviceGone(service: ServiceFacts): void
  channelSeen(channel: ChannelFacts): void
  /** A table with new content. */
  llsTable(table: LlsTableFact, timeUs: number): void
  /** A table with content seen before. */
  llsRepeated(key: number, timeUs: number): void
  /** A fragment with new content; `bytes` is unpacked. */
  slsFragment(serviceId: number, fragment: SlsFragment, timeUs: number): void
  /** Fragments were sent again unchanged: those of object `toi` of channel `tsi`, or all current ones of the service (-1). */
  slsRepeated(serviceId: number, timeUs: number, tsi: number, toi: number): void
  /** A fragment (`TYPE/name`) came with another object and with the same content. */
  slsUnchanged(serviceId: number, fragment: string, tsi: number, toi: number, timeUs: number): void
  /** A signature that could not be checked before could be now, or the other way round. */
  llsSignature(key: number, signature: ReportSignature): void
  slsSignature(serviceId: number, tsi: number, toi: number, signature: ReportSignature): void
  /** Rows count from 0. `bytes[start, end)` is the LCT header of its first packet with the FEC Payload ID. */
  objectBegun(object: FlowObject, bytes: Uint8Array, start: number, end: number): void
  /** Whole, given up or cut off; its bytes can be read during the call. */
  objectEnded(object: FlowObject): void
  /** An object that had been given up gets missing bytes after all. */
  objectResumed(object: FlowObject): void
  /** A packet of a finished object: `repeats` whole transmissions of it began since. */
  objectRepeated(index: number, packets: number, repeats: number, timeUs: number): void
  /** An object that had been given up was made whole, or readable, by another way; its loss stays a fact. */
  objectRepaired(index: number, repair: RepairFact): void
  /** A name or type became known after the object had ended. */
  objectNamed(object: FlowObject): void
  /** A datagram or a table that could not be read. */
  malformed(
    code: string,
    flow: Flow,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): void
  /** Something that may break a rule. */
  found(finding: Finding): void
  /** A link or tunnel below the flows; live, like all facts. */
  linkSeen?(link: LinkFacts): void
  /** All destinations whose packets are wanted now of one target's source; those no longer named can be left. */
  destinationsWanted?(destinations: readonly Destination[], target: ReceiveTarget): void
}
