import { AddressMap } from '../../flow/address.ts'
import type { Mpd } from './mpd.ts'
import { staticWindow } from './static-window.ts'

/**
 * The MPD of a finished session as a static one of the stored segments (`staticWindow`). Its unchanged text where it is static
 * and all its segments are stored, or where no playable segment is stored.
 * @param stored names of whole objects, initialisation segments included, in any spelling of their addresses
 * @param carried Representation@id of those on air; others are left out, unless that leaves none
 * @throws CodecError mpd-too-many-segments, mpd-template
 */
export function finishedMpd(mpd: Mpd, stored: readonly string[], carried: ReadonlySet<string> | null = null): string {
  const names = new AddressMap(stored.map((name) => [name, true]))
  const window = staticWindow(mpd, {
    has: (name) => names.has(name),
    whole: () => names.addresses(),
    carries: (id) => carried === null || carried.size === 0 || carried.has(id),
  })
  return window.kind === 'rewritten' ? window.text : mpd.document.text
}
