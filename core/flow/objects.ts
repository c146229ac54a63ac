import type { ServiceId } from '../contract/ids.ts'
import type { ChannelRole } from '../contract/report.ts'
import type { Carrier } from './carriers.ts'
import type { Lease } from './lease.ts'

/** Largest object that is sent or received, bytes: receivers keep an object in memory and refuse a longer one. */
export const MAX_OBJECT_BYTES = 256 * 1024 * 1024

/** Half-open byte range `[start, end)`. */
export type ByteRange = readonly [number, number]

/** How an object ends that is not whole. */
export type IncompleteState = 'partial' | 'truncated' | 'joined'

/**
 * Times in the packets of an object, each from the first packet that has it; null where none does. µs since the UNIX
 * epoch.
 */
export type ObjectTimes = {
  /** Sender current time (EXT_TIME, RFC 5651 §5.2.2), and the arrival of the packet that carried it. */
  readonly senderUs: number | null
  readonly senderArrivalUs: number | null
  /** Expected residual time of the object, ms. */
  readonly residualMs: number | null
  /** Last change of the session. */
  readonly sessionChangedUs: number | null
  /** EXT_ROUTE_PRESENTATION_TIME (A/331 A.3.7.2). */
  readonly presentationUs: number | null
  /** Earliest presentation time in the CCI, in media ticks (RFC 9223 §2.1); null for the sender's 0. */
  readonly earliestTicks: number | null
}

/**
 * One delivery object, during and after its arrival. The receiver fills it; folder, gateway, store and report read it.
 * A reader that needs bytes before completion reads the contiguous prefix and watches its growth.
 *
 * Bytes belong to the receiver; a reader that needs them beyond the call keeps a lease.
 */
export interface FlowObject {
  /** Row of this object in the session's columns. */
  readonly index: number
  /** Its service; null until signalling names one. */
  readonly serviceId: ServiceId | null
  /** `ip:port` of the session it arrived on. */
  readonly destination: string
  readonly channel: number
  readonly carrier: Carrier
  readonly role: ChannelRole
  /** Representation of its channel, from the signalling. */
  readonly representation: string | null
  /** Content-Location as received; never a path without a check. Null until known. */
  readonly name: string | null
  readonly contentType: string | null
  /** As `contentEncodingOf` gives it: in lower case, null for none. */
  readonly contentEncoding: string | null
  /** Facts of its File entry; null without an entry. */
  readonly listed: ListedFacts | null
  /** Role of the object for a player. */
  readonly kind: ObjectKind
  /** The receiver lays its bytes out of smaller units (an MPU): holes are samples, and no server has it. */
  readonly assembled?: boolean
  /** Length as transported; null while unknown. */
  readonly size: number | null
  readonly received: number
  /** Bytes recovered by FEC; their ranges as far as remembered. */
  readonly recovered: number
  /** It was dropped for lack of memory. */
  readonly starved: boolean
  /** The sender contradicts itself about it: what is missing was not lost on the way. */
  readonly sendersFault?: boolean
  /** Time of a table that gives its number or its name to other content; -1: none does. */
  readonly supersededUs?: number
  readonly recoveredRanges: readonly ByteRange[]
  /** `truncated`: reception ended first; `joined`: it was on its way when reception began. */
  readonly state: 'receiving' | IncompleteState | 'complete'
  /** Ranges lost while the object was received: set at its incomplete end, without what was sent before or after. */
  readonly lostRanges: readonly ByteRange[]
  /** Offset at which reception of its channel began, where that is inside it; else 0. */
  readonly joinedAt: number
  /** Largest packet of it, bytes; 0 where its packets carry no ranges of it. */
  readonly packetBytes: number
  /** Arrival of the packet after its first hole; of its last packet where none is before. */
  readonly lostAtUs: number
  readonly lostFrame: number
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  readonly packets: number
  readonly repeats: number
  /** Null where no packet had a time. */
  readonly times: ObjectTimes | null

  /** Length of the unbroken prefix `[0, n)`. */
  prefixBytes(): number
  /** Bytes `[from, to)`; holes read as zeros. */
  lease(from: number, to: number): Lease
  /** Ranges not received; the last one ends at `size` where known. */
  missing(): ByteRange[]
  /**
   * Calls the watcher after more bytes or the end, at most once per packet.
   * @returns the function that unsubscribes
   */
  watch(watcher: () => void): () => void
}

/** Attributes of a File entry besides its name. */
export type ListedFacts = {
  /** Base64 of the MD5 of the content. */
  readonly contentMd5: string | null
  /** HTTP addresses of the file in the order to try; end of availability as written. */
  readonly alternateLocations: readonly { readonly url: string; readonly availableUntil: string | null }[]
  /** Attributes without a field above. */
  readonly otherAttributes: readonly { readonly name: string; readonly local: string; readonly value: string }[]
}

/** Names of files with pictures or sound. */
export const MEDIA_NAME = /\.(?:m4s|m4v|m4a|mp4|cmf[vatm]|m2?ts|aac|webm)(?:[?#].*)?$/i

/**
 * `manifest`: MPD, master playlist. `playlist`: HLS child playlist. `init`: initialisation segment.
 * `media`: media segment. `signalling`: SLS package, EFDT. `file`: anything else (NRT, ESG, raw).
 */
export type ObjectKind = 'manifest' | 'playlist' | 'init' | 'media' | 'signalling' | 'file'

/**
 * A whole named file of a service, ready for readers: a transport object, or a part of a package (the MPD inside the
 * SLS). The leased bytes are content, without the Content-Encoding, unless `contentEncoding` says otherwise.
 */
export type FlowFile = {
  readonly serviceId: ServiceId
  readonly name: string
  readonly contentType: string | null
  /** Encoding that its bytes still have, since it is not known here. */
  readonly contentEncoding?: string
  readonly kind: ObjectKind
  readonly lease: Lease
  /** Row of the object that carried it; negative without one. */
  readonly objectIndex: number
  readonly carrier: Carrier
  /**
   * Its channel in one word (`channelWord`), for any carrier: a file fetched by HTTP has the lane of its neighbours.
   */
  readonly lane: string
  /** Representation of its channel, for retention per representation. */
  readonly representation: string | null
  /** False for an incomplete object that `keepCorrupt` lets through, and for a patched one. */
  readonly complete: boolean
  readonly missing: readonly ByteRange[]
  /** How an incomplete file became readable: its boxes or packets are whole, their content is not. */
  readonly patched?: 'simple' | 'strict'
  readonly firstTimeUs: number
  readonly lastTimeUs: number
}

/** Takes objects. Calls are in stream order; none may throw: a sink reports failure through its own channel. */
export interface ObjectSink {
  /**
   * True where this sink reads files and objects long after the call, without a lease: each object then has memory of
   * its own that is never reused. Otherwise buffers are reused, which makes reading a capture fast.
   */
  readonly holds?: boolean
  /** A media object of a joined service has its first bytes and a name: a live reader may start. */
  begun?(object: FlowObject): void
  /** A file is whole, or kept although corrupt. The same name may arrive again with newer content. */
  whole(file: FlowFile): void
  /** An object ended incomplete; its received bytes can still be read. */
  lost?(object: FlowObject): void
  /** The sender of a service began again: media of which the last packet came before `sinceUs` is of the transmission before. */
  restarted?(serviceId: ServiceId, sinceUs: number): void
  /** Signalling gives a service another number: the files of `former` are those of `serviceId`. */
  renumbered?(former: ServiceId, serviceId: ServiceId): void
  /** Back-pressure: a capture reader waits until this is null or its promise settles. */
  busy?(): Promise<void> | null
}
