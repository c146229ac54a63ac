import { asToi, asTsi, type Tsi } from '../../contract/ids.ts'
/** TSI and TOI plan of a service: GPAC's, which its receiver and compatible ones expect. */

/** Channel of the service layer signalling (A/331 §7.1). */
export const SLS_TSI = asTsi(0)
/** Channel of plain files. */
export const FILES_TSI = asTsi(1)
/** TOI of an initialisation segment in any channel. */
export const INIT_TOI = asToi(0xffff_ffff)
/** TOIs of a child playlist; they alternate when it changes. */
export const PLAYLIST_TOIS = [asToi(0xffff_fffd), asToi(0xffff_fffe)] as const
/** First TOI that segment numbers and times may not use. */
export const FIRST_RESERVED_TOI = 0xffff_fffd

/** True for a TOI whose object is replaced again and again: the initialisation segment, and child playlists in turn. */
export function isReservedToi(toi: number): boolean {
  return toi >= FIRST_RESERVED_TOI && toi <= INIT_TOI
}

/** Channels of media: 10, 20, 30 … in the order of the manifest. */
export function mediaTsi(index: number): Tsi {
  return asTsi(10 * (index + 1))
}

/** Codepoints (A/331 A.3.6, table A.3.6). A repeated initialisation segment should have 7, but GPAC always uses 5. */
export const CODEPOINT = { playlist: 1, package: 3, signedPackage: 4, init: 5, media: 8, file: 128 } as const
