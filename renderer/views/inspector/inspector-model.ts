import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatDuration, formatToi } from '../../model/format.ts'

/*
 * Texts and spans of an object's detail: the meaning of a codepoint, and missing bytes.
 */

/** Name of an object, else its number. */
export function objectTitle({ row }: Pick<ObjectDetail, 'row'>): string {
  return row.name ?? `${row.carrier === 'mmtp' ? 'MPU' : 'TOI'} ${formatToi(row.toi)}`
}

/** A/331 table A.3.6. The S-TSID's Payload elements define the codepoints from 128 on. */
const CODEPOINTS: Readonly<Record<number, string>> = {
  0: 'reserved by the standard',
  1: 'NRT, file mode',
  2: 'NRT, entity mode',
  3: 'NRT, unsigned package',
  4: 'NRT, signed package',
  5: 'new initialisation segment, timeline changed',
  6: 'new initialisation segment, timeline continued',
  7: 'repeated initialisation segment',
  8: 'media segment, file mode',
  9: 'media segment, entity mode',
  10: 'media segment, file mode, CMAF random access chunk',
}

export function codepointMeaning(codepoint: number): string {
  return CODEPOINTS[codepoint] ?? (codepoint >= 128 ? 'defined by its Payload in the S-TSID' : 'not assigned')
}

/** Bytes in ranges. */
export function missingBytes(missing: readonly (readonly [number, number])[]): number {
  return missing.reduce((sum, [start, end]) => sum + (end - start), 0)
}

/** A stretch of the byte map, in pixels. */
export type MapSpan = { readonly x: number; readonly width: number }

/**
 * The gaps in a bar of `width` pixels. Each is at least one pixel wide, and gaps on the same pixel are joined, so that their
 * number is at most `width`.
 */
export function gapSpans(
  missing: readonly (readonly [number, number])[],
  size: number,
  width: number,
): readonly MapSpan[] {
  const spans: { x: number; width: number }[] = []
  if (!(size > 0)) return spans
  for (const [start, end] of missing) {
    const x = Math.min(width - 1, Math.floor((start / size) * width))
    const right = Math.min(width, Math.max(x + 1, Math.round((end / size) * width)))
    const last = spans.at(-1)
    if (last !== undefined && x <= last.x + last.width) last.width = Math.max(last.width, right - last.x)
    else spans.push({ x, width: right - x })
  }
  return spans
}

/** `+98 ms margin`, `−212 ms late`: signed, and readable without colour. */
export function marginText(marginUs: number): string {
  return marginUs < 0 ? `${formatDuration(marginUs)} late` : `+${formatDuration(marginUs)} margin`
}
