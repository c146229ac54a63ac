import type { ChannelRole, LossCause, RepairHow } from './report.ts'

/** Life of an object: bytes arriving, whole, given up with holes, or cut off by the end of the capture. */
export const OBJECT_STATE = { receiving: 0, complete: 1, partial: 2, truncated: 3 } as const
/** Names of OBJECT_STATE. */
export type ObjectState = keyof typeof OBJECT_STATE

/**
 * Object columns as they cross to the interface: rows packed little-endian, `OBJECT_ROW_BYTES` each, in one Uint8Array.
 * A batch carries rows that are new or changed since the last; the receiver of a batch overwrites row `index`.
 *
 * | offset | type | field                                                   |
 * | 0      | u32  | index of the row in the session                         |
 * | 4      | u32  | channel (see ChannelSnapshot.channel)                   |
 * | 8      | f64  | first packet, µs                                        |
 * | 16     | f64  | last packet, µs                                         |
 * | 24     | f64  | size in bytes, -1 while unknown                         |
 * | 32     | f64  | bytes received                                          |
 * | 40     | f64  | number in its channel: TOI, or MPU sequence number      |
 * | 48     | u16  | state (OBJECT_STATE)                                    |
 * | 50     | u16  | codepoint                                               |
 * | 52     | u32  | repeats                                                 |
 * | 56     | f64  | bytes that FEC gave back; `received` is without them    |
 */
export const OBJECT_ROW_BYTES = 64
/** Offsets of the table above. */
export const OBJECT_ROW = {
  index: 0,
  channel: 4,
  firstTimeUs: 8,
  lastTimeUs: 16,
  size: 24,
  received: 32,
  toi: 40,
  state: 48,
  codepoint: 50,
  repeats: 52,
  recovered: 56,
} as const

/** At most this many rows in one batch, so that a large capture does not arrive as one message. */
export const OBJECT_BATCH_ROWS = 8192

/** `total` counts the rows of the session so far. */
export type ObjectBatch = { readonly sessionId: string; readonly rows: Uint8Array; readonly total: number }

/** One row of the object table, fetched by range. */
export type ObjectRow = {
  readonly index: number
  readonly service: number | null
  readonly destination: string
  /** What brought it: says what `tsi` and `toi` are. */
  readonly carrier: 'lct' | 'mmtp'
  /** Number of its channel: the TSI, or the packet_id. */
  readonly tsi: number
  /** Its number in the channel: the TOI, or the MPU sequence number. */
  readonly toi: number
  readonly instance: number
  readonly role: ChannelRole
  readonly name: string | null
  readonly contentType: string | null
  readonly codepoint: number
  readonly size: number | null
  readonly received: number
  /** Bytes that FEC gave back; `received` is without them. */
  readonly recovered: number
  readonly packets: number
  readonly repeats: number
  readonly state: ObjectState
  readonly firstTimeUs: number
  readonly lastTimeUs: number
}

/** Columns the table can be sorted by. */
export type ObjectSortColumn =
  | 'firstTimeUs'
  | 'lastTimeUs'
  | 'service'
  | 'tsi'
  | 'toi'
  | 'name'
  | 'contentType'
  | 'codepoint'
  | 'size'
  | 'received'
  | 'packets'
  | 'repeats'
  | 'state'

/**
 * A sorted, filtered selection of the object columns, kept in the engine.
 * Filter grammar, terms separated by spaces, all must hold: `tsi:10` `toi:60060` `service:1` `role:video` `state:partial`
 * `size:>1000` `name:seg` and bare words (part of the name, or the TOI).
 */
export type ObjectQuery = {
  readonly filter: string
  readonly sort: { readonly column: ObjectSortColumn; readonly descending: boolean }
}

/** `error` says which term of the filter was not understood; the selection is then unfiltered. */
export type ObjectView = { readonly viewId: number; readonly total: number; readonly error: string | null }

/** Everything about one object, for the inspector. */
export type ObjectDetail = {
  readonly row: ObjectRow
  readonly sha256: string | null
  readonly missing: readonly (readonly [number, number])[]
  /** Ranges that FEC gave back. */
  readonly recovered: readonly (readonly [number, number])[]
  /** LCT and ROUTE header of its first packet, in wire order. */
  readonly header: readonly HeaderField[]
  /** Top-level ISO BMFF boxes where it is one. */
  readonly boxes: readonly { readonly type: string; readonly offset: number; readonly size: number }[]
  /** Bytes of the object that can be read back (0 when it is no longer stored). */
  readonly storedBytes: number
  /** The object as text where it is XML, a playlist or a package (gzip undone); cut at 1 MiB. */
  readonly text: { readonly language: 'xml' | 'plain'; readonly text: string } | null
  /** Address on the gateway; null where it has no name. */
  readonly url: string | null
  /** What was done to it where it lacked bytes: how many that gave, and from where; null where nothing was. */
  readonly repair: ObjectRepair | null
  readonly times: ObjectTimeFacts
  /** Who lost what is missing; null where nothing is. */
  readonly cause: LossCause | null
}

/** What is known of an object's time besides its arrival, µs since the UNIX epoch; null where nothing says it. */
export type ObjectTimeFacts = {
  /** Sender current time (EXT_TIME), and arrival less it. */
  readonly senderUs: number | null
  readonly senderDelayUs: number | null
  /** Expected residual time, ms. */
  readonly residualMs: number | null
  readonly sessionChangedUs: number | null
  readonly presentationUs: number | null
  /** Earliest presentation time in the CCI, in ticks of the media. */
  readonly earliestTicks: number | null
  /** When the manifest says the segment may be asked for: live MPDs whose segments can be told apart by name. */
  readonly availabilityUs: number | null
  /** Availability less arrival of the last byte: positive where it came in time. Null while it is not whole. */
  readonly marginUs: number | null
}

/** `bytes` fetched and put in (`http`), or overwritten so that players can read the rest (`simple`, `strict`). */
export type ObjectRepair = { readonly how: RepairHow; readonly bytes: number; readonly urls: readonly string[] }

/** One field of a packet's headers, as the inspector shows it. */
export type HeaderField = {
  readonly name: string
  readonly value: string
  /** What the value means, with the clause where there is one. */
  readonly note: string | null
}
