import { shiftTimes } from './live-clock.ts'
import type { Mpd } from './mpd.ts'
import { TextEdits } from './text-edits.ts'
import { type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/**
 * The text of a live MPD as a broadcast announces it: its absolute times are later by what sending takes, since a receiver has a
 * segment only once all of it has come (DASH-IF IOP Timing 13.3). Clocks of the origin are left out: these times are of the
 * sender's. A static MPD is kept.
 * @param byUs time from the availability at the origin to that at the receivers, by the sender's clock
 */
export function liveMpdOnAir({ type, document: { root, text } }: Mpd, byUs: number): string {
  if (type === 'static') return text
  const edits = new TextEdits()
  shiftTimes(edits, root, byUs)
  for (const element of sourceChildren(root, 'UTCTiming')) edits.replaceElement(element, '')
  removeEndlessOffsets(edits, root)
  return edits.apply(text)
}

/** Removes `INF`: it was true of the files, but segments of a broadcast arrive over time. */
export function removeEndlessOffsets(edits: TextEdits, element: SourceElement): void {
  if (sourceAttribute(element, 'availabilityTimeOffset')?.trim() === 'INF')
    edits.removeAttribute(element, 'availabilityTimeOffset')
  for (const child of element.children) removeEndlessOffsets(edits, child)
}
