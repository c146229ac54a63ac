import type { ObjectQuery } from '../../../core/contract/object-rows.ts'
import { OBJECT_COLUMNS, type ObjectColumn, type ObjectSortColumn } from '../../../core/contract/object-table.ts'
import type { ChannelSnapshot, SourceSnapshot } from '../../../core/contract/snapshot.ts'

/** Terms of the filter with their meanings, for its help. */
export const FILTER_HELP: readonly (readonly [string, string])[] = [
  ...Object.values<ObjectColumn>(OBJECT_COLUMNS).flatMap(({ filter }) =>
    filter?.help === undefined ? [] : [filter.help],
  ),
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
  return { column, descending: OBJECT_COLUMNS[column].sort === 'descending' }
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
