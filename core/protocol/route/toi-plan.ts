/** TSI and TOI plan of a service, as GPAC's: what its receiver, and others made to work with it, expect. */

/** Channel of the service layer signalling (A/331 §7.1). */
export const SLS_TSI = 0
/** Channel of plain files. */
export const FILES_TSI = 1
/** TOI of an initialisation segment, whatever its channel. */
export const INIT_TOI = 0xffff_ffff
/** TOIs of a child playlist: they alternate when it changes. */
export const PLAYLIST_TOIS = [0xffff_fffd, 0xffff_fffe] as const
/** Segment numbers and times from here on would collide with those above. */
export const FIRST_RESERVED_TOI = 0xffff_fffd

/** Channels of media: 10, 20, 30 … in the order of the manifest. */
export function mediaTsi(index: number): number {
  return 10 * (index + 1)
}

/** Codepoints (A/331 A.3.6, table A.3.6). A repeated initialisation segment should be 7, but GPAC says 5 always. */
export const CODEPOINT = { playlist: 1, package: 3, init: 5, media: 8, file: 128 } as const
