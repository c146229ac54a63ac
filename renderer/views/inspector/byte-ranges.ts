import type { BytesView } from '../../../core/contract/object-boxes.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatCount } from '../../model/format.ts'

/** Half-open range of bytes. */
export type Range = readonly [start: number, end: number]

/** Length of what a view shows. */
export function viewSize(
  detail: Pick<ObjectDetail, 'row' | 'storedBytes' | 'unpacked' | 'servedBytes'>,
  view: BytesView,
): number {
  if (view === 'served') return detail.servedBytes ?? detail.storedBytes
  return detail.unpacked ? detail.storedBytes : (detail.row.size ?? detail.storedBytes)
}

/** Position of the range around `at`, or of the last one before it; -1 where there is none. */
export function rangeAt(ranges: readonly Range[], at: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as Range)[0] <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Whether byte `at` is in a range; ranges are sorted and do not overlap. */
export function isInRange(ranges: readonly Range[], at: number): boolean {
  const range = ranges[rangeAt(ranges, at)]
  return range !== undefined && at < range[1]
}

/** The range that begins next after `at`, or before it; null where there is none. */
export function nextRange(ranges: readonly Range[], at: number, by: 1 | -1): Range | null {
  const here = rangeAt(ranges, at)
  if (by > 0) return ranges[here + 1] ?? null
  const current = ranges[here]
  // From the middle of a range, first back to its start.
  return current !== undefined && current[0] < at ? current : (ranges[here - 1] ?? null)
}

/** What a view of the bytes is, beside its choice; null where nothing needs to be said. */
export function viewText(
  detail: Pick<ObjectDetail, 'row' | 'repair' | 'unpacked' | 'storedBytes'>,
  view: BytesView,
): string | null {
  const { repair, row } = detail
  if (view === 'arrived') {
    if (detail.unpacked)
      return `Content, unpacked: ${formatCount(detail.storedBytes)} B. The ${formatCount(row.size)} B as transported are not stored.`
    return repair === null ? null : 'As received: holes stay holes.'
  }
  if (repair?.how === 'http') return `${formatCount(repair.bytes)} B fetched by HTTP.`
  return repair?.how === 'simple'
    ? 'As players get it: zeros where media was lost.'
    : 'As players get it: without the lost samples.'
}
