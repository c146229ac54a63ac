import type { ChannelRole } from '../contract/report.ts'
import type { Carrier } from './carriers.ts'
import type { Lease } from './lease.ts'

/** Largest object that is sent or received, bytes: receivers keep an object in memory and refuse a longer one. */
export const MAX_OBJECT_BYTES = 256 * 1024 * 1024

/** Half-open byte range `[start, end)`. */
export type ByteRange = readonly [number, number]

/**
 * What the packets of an object say about time, each from the first that said it; null where none did. Times µs since the UNIX
 * epoch.
 */
export type ObjectTimes = {
  /** Sender current time (EXT_TIME, RFC 5651 §5.2.2), and when the packet that carried it came. */
  readonly senderUs: number | null
  readonly senderArrivalUs: number | null
  /** Expected residual time of the object, ms. */
  readonly residualMs: number | null
  /** When the session last changed. */
  readonly sessionChangedUs: number | null
  /** EXT_ROUTE_PRESENTATION_TIME (A/331 A.3.7.2). */
  readonly presentationUs: number | null
  /** Earliest presentation time in the CCI, in ticks of the media (RFC 9223 §2.1); the sender leaves 0 for none. */
  readonly earliestTicks: number | null
}

/**
 * One delivery object while it arrives and after. The receiver fills it; the folder, the gateway, the store and the report
 * are readers. A reader that wants bytes before completion asks for the contiguous prefix and watches for its growth.
 *
 * Bytes belong to the receiver; a reader that needs them beyond the call keeps a lease.
 */
export interface FlowObject {
  /** Row of this object in the session's columns. */
  readonly index: number
  /** Service it belongs to; null until signalling says. */
  readonly serviceId: number | null
  /** `ip:port` of the session it arrived on. */
  readonly destination: string
  readonly channel: number
  readonly carrier: Carrier
  readonly role: ChannelRole
  /** Representation of the S-TSID's MediaInfo. */
  readonly representation: string | null
  /** Content-Location, as the network says it: never a path without being checked. Null until known. */
  readonly name: string | null
  readonly contentType: string | null
  readonly contentEncoding: 'gzip' | null
  /** How its File entry says it can be checked, and had elsewhere; null without an entry. */
  readonly listed: ListedFacts | null
  /** What the object is to a player. */
  readonly kind: ObjectKind
  /** Its bytes are a file the receiver lays out of smaller units, an MPU: holes are samples, and nobody serves it elsewhere. */
  readonly assembled?: boolean
  /** Length as transported; null while unknown. */
  readonly size: number | null
  readonly received: number
  /** Bytes that FEC gave back, of those not received; where they lie, as far as that is remembered. */
  readonly recovered: number
  /** It was given up because there was no memory left for it. */
  readonly starved: boolean
  readonly recoveredRanges: readonly ByteRange[]
  readonly state: 'receiving' | 'complete' | 'partial' | 'truncated'
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  readonly packets: number
  readonly repeats: number
  /** Null where no packet of it said a time. */
  readonly times: ObjectTimes | null

  /** Length of the unbroken prefix `[0, n)`. */
  prefixBytes(): number
  /** Bytes `[from, to)`; holes read as zeros. */
  lease(from: number, to: number): Lease
  /** Ranges not received; the last one ends at `size` where that is known. */
  missing(): ByteRange[]
  /** Called after more bytes came or the object ended, at most once per packet. Returns the function that unsubscribes. */
  watch(watcher: () => void): () => void
}

/** What a File entry says of an object besides its name. */
export type ListedFacts = {
  /** Base64 of the MD5 of the content. */
  readonly contentMd5: string | null
  /** Where the file is available by HTTP, in the order to try; until when, as written. */
  readonly alternateLocations: readonly { readonly url: string; readonly availableUntil: string | null }[]
  /** Attributes that no field above has. */
  readonly otherAttributes: readonly { readonly name: string; readonly local: string; readonly value: string }[]
}

/**
 * `manifest`: MPD, master playlist. `playlist`: HLS child playlist. `init`: initialisation segment.
 * `media`: media segment. `signalling`: SLS package, EFDT. `file`: anything else (NRT, ESG, raw).
 */
export type ObjectKind = 'manifest' | 'playlist' | 'init' | 'media' | 'signalling' | 'file'

/**
 * A whole named file of a service, ready for readers: a transport object, or a part of a package (the MPD inside the SLS).
 * The leased bytes are content: gzip undone where Content-Encoding said so.
 */
export type FlowFile = {
  readonly serviceId: number
  readonly name: string
  readonly contentType: string | null
  readonly kind: ObjectKind
  readonly lease: Lease
  /** Row of the object that carried it; less than 0 where none did. */
  readonly objectIndex: number
  readonly carrier: Carrier
  /** Channel it belongs to, in one word (`channelWord`), whatever brought it: one fetched by HTTP goes with the others. */
  readonly lane: string
  /** Representation of the S-TSID's MediaInfo, for retention per representation. */
  readonly representation: string | null
  /** False where `keepCorrupt` lets an incomplete object through, or it was patched. */
  readonly complete: boolean
  readonly missing: readonly ByteRange[]
  /** How an incomplete file was made readable: its boxes or packets are whole, what they hold is not. */
  readonly patched?: 'simple' | 'strict'
  readonly firstTimeUs: number
  readonly lastTimeUs: number
}

/** Where objects go. Calls come in stream order; none may throw, a sink that fails says so through its own channel. */
export interface ObjectSink {
  /**
   * True where this sink reads files and objects long after the call, without a lease: every object then has memory of its own,
   * which nobody uses again. Else buffers are used again, which is what makes reading a capture fast.
   */
  readonly holds?: boolean
  /** A media object of a joined service got its first bytes and a name: a live reader may start. */
  begun?(object: FlowObject): void
  /** A file is whole (or kept although corrupt). The same name may come again with newer content. */
  whole(file: FlowFile): void
  /** An object was given up; what was received can still be read from it. */
  lost?(object: FlowObject): void
  /** More is coming faster than it can be taken: a capture reader waits until this is null or its promise settles. */
  busy?(): Promise<void> | null
}
