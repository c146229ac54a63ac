import type { ObjectQuery, ObjectSortColumn } from '../../../core/contract/object-rows.ts'
import type { ChannelSnapshot, SourceSnapshot } from '../../../core/contract/snapshot.ts'

/** Terms of the filter with their meanings, for its help. */
export const FILTER_HELP: readonly (readonly [string, string])[] = [
  ['tsi:10', 'one LCT channel'],
  ['toi:60060', 'one transport object'],
  ['service:1', 'a service by its id'],
  ['role:video', 'video, audio, text, data, signaling'],
  ['state:partial', 'receiving, complete, partial, truncated'],
  ['size:>1000', 'more than 1000 bytes; also size:<1000'],
  ['name:seg', 'a part of the name'],
  ['seg_12', 'a bare word: a part of the name, or the TOI'],
]

export const FILTER_HINT = 'Filter: tsi:10 state:partial size:>1000 name:seg'

/** The typed filter with terms for the selected service and channel. */
export function combinedFilter(typed: string, service: number | null, channel: ChannelSnapshot | null): string {
  const terms = [typed.trim()]
  if (service !== null) terms.push(`service:${service}`)
  if (channel !== null) terms.push(`tsi:${channel.tsi}`)
  return terms.filter((term) => term !== '').join(' ')
}

/** Initial order: newest first for a live source, oldest first for a capture. */
export function firstSort(source: Pick<SourceSnapshot, 'live' | 'pace'>): ObjectQuery['sort'] {
  return { column: 'firstTimeUs', descending: source.live || source.pace === 'real' }
}

/** Order after a click on a header: reversed, or by a new column: counts descending, others ascending. */
export function nextSort(sort: ObjectQuery['sort'], column: ObjectSortColumn): ObjectQuery['sort'] {
  if (sort.column === column) return { column, descending: !sort.descending }
  const largestFirst: readonly ObjectSortColumn[] = ['size', 'received', 'packets', 'repeats']
  return { column, descending: largestFirst.includes(column) }
}

/** Share of bytes received, 0 to 1; null while the size is unknown. */
export function receivedShare(size: number | null, received: number): number | null {
  if (size === null) return null
  if (size === 0) return 1
  return Math.min(1, received / size)
}

/** A content type without parameters and without `application/`. */
export function typeName(contentType: string | null): string {
  return contentType === null ? '–' : contentType.replace(/;.*/, '').replace(/^application\//, '')
}
