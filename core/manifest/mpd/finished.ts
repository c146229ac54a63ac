import type { Mpd } from './mpd.ts'
import { staticWindow } from './static-window.ts'

/**
 * The MPD of a session that is over, as a static one of what is stored (`staticWindow`). Its text as it is where it is static
 * and all it lists is stored, and where nothing that could be played is stored.
 * @param stored names of whole objects, initialisation segments included, resolved as the MPD's own are (`parseMpd`'s `name`)
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function finishedMpd(mpd: Mpd, stored: readonly string[]): string {
  const names = new Set(stored)
  const window = staticWindow(mpd, { has: (name) => names.has(name), whole: () => names })
  return window.kind === 'rewritten' ? window.text : mpd.document.text
}
