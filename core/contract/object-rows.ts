import type { ObjectRow, ObjectSortColumn } from './object-table.ts'
import type { LossCause, RepairHow } from './report.ts'

/**
 * A sorted, filtered selection of the object columns, kept in the engine.
 * Filter grammar, terms separated by spaces, all must match: `tsi:10` `toi:60060` `service:1` `role:video` `state:partial`
 * `size:>1000` `name:seg` and bare words (part of the name, or the TOI).
 */
export type ObjectQuery = {
  readonly filter: string
  readonly sort: { readonly column: ObjectSortColumn; readonly descending: boolean }
}

/** `error` names the term of the filter that was not understood; the selection is then unfiltered. */
export type ObjectView = { readonly viewId: number; readonly total: number; readonly error: string | null }

/** Everything about one object, for the inspector. */
export type ObjectDetail = {
  readonly row: ObjectRow
  readonly sha256: string | null
  readonly missing: readonly (readonly [number, number])[]
  /** What of its bytes did not arrive, in order: missing ranges, and those fetched in their place. */
  readonly holes: readonly (readonly [number, number])[]
  /** Ranges that FEC recovered. */
  readonly recovered: readonly (readonly [number, number])[]
  /** LCT and ROUTE header of its first packet, in wire order. */
  readonly header: readonly HeaderField[]
  /** It is a file of ISO BMFF boxes, which `objectBoxes` lists. */
  readonly isBoxes: boolean
  /** Bytes of the object that can be read back (0 when it is no longer stored). */
  readonly storedBytes: number
  /** They are its content, unpacked or without the header of its entity: the bytes as transported are not stored. */
  readonly unpacked: boolean
  /** Length of the file that the gateway serves in place of what arrived; null where it serves what arrived. */
  readonly servedBytes: number | null
  /** The object as text where it is XML, a playlist or a package (gzip undone); cut at 1 MiB. */
  readonly text: { readonly language: 'xml' | 'plain'; readonly text: string } | null
  /** Address on the gateway; null where it has no name. */
  readonly url: string | null
  /** Repair of an incomplete object; null where there was none. */
  readonly repair: ObjectRepair | null
  readonly times: ObjectTimeFacts
  /** Who lost its missing bytes; null where none are missing. */
  readonly cause: LossCause | null
}

/** Times of an object besides its arrival, µs since the UNIX epoch; null where unknown. */
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
  /** Segment availability by the manifest: of live MPDs whose segment names differ. */
  readonly availabilityUs: number | null
  /** Availability less arrival of the last byte: positive where it arrived in time. Null while it is not whole. */
  readonly marginUs: number | null
  /** It came later than is right. */
  readonly isLate: boolean
}

/** `bytes` fetched and inserted (`http`), or overwritten so that players can read the rest (`simple`, `strict`). */
export type ObjectRepair = {
  readonly how: RepairHow
  readonly bytes: number
  readonly urls: readonly string[]
  /** Ranges fetched; empty where it was patched. */
  readonly fetched: readonly (readonly [number, number])[]
}

/** One field of a packet's headers, as the inspector shows it. */
export type HeaderField = {
  readonly name: string
  readonly value: string
  /** What the value means, with the clause where there is one. */
  readonly note: string | null
}
