import type { Mpd } from './mpd.ts'
import { staticWindow } from './static-window.ts'

/**
 * The MPD of a finished session as a static one of the stored segments (`staticWindow`). Its unchanged text where it is static
 * and all its segments are stored, or where no playable segment is stored.
 * @param stored names of whole objects, initialisation segments included, resolved like the MPD's own (`parseMpd`'s `name`)
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function finishedMpd(mpd: Mpd, stored: readonly string[]): string {
  const names = new Set(stored)
  const window = staticWindow(mpd, { has: (name) => names.has(name), whole: () => names })
  return window.kind === 'rewritten' ? window.text : mpd.document.text
}
