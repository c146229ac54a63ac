import type { ObjectQuery, ObjectSortColumn } from '../../../core/contract/object-rows.ts'
import type { ChannelSnapshot, SourceSnapshot } from '../../../core/contract/snapshot.ts'

/** What can be typed, for the help beside the field. Terms are separated by spaces and must all hold. */
export const FILTER_HELP: readonly (readonly [string, string])[] = [
  ['tsi:10', 'one LCT channel'],
  ['toi:60060', 'one transport object'],
  ['service:1', 'a service by its id'],
  ['role:video', 'video, audio, text, data, signaling'],
  ['state:partial', 'receiving, complete, partial, truncated'],
  ['size:>1000', 'more than so many bytes; also size:<1000'],
  ['name:seg', 'a part of the name'],
  ['seg_12', 'a bare word: a part of the name, or the TOI'],
]

export const FILTER_HINT = 'Filter: tsi:10 state:partial size:>1000 name:seg'

/** The typed filter, narrowed by what is selected elsewhere. */
export function combinedFilter(typed: string, service: number | null, channel: ChannelSnapshot | null): string {
  const terms = [typed.trim()]
  if (service !== null) terms.push(`service:${service}`)
  if (channel !== null) terms.push(`tsi:${channel.tsi}`)
  return terms.filter((term) => term !== '').join(' ')
}

/** Live: what just came first. A capture: from its beginning. */
export function firstSort(source: Pick<SourceSnapshot, 'live' | 'pace'>): ObjectQuery['sort'] {
  return { column: 'firstTimeUs', descending: source.live || source.pace === 'real' }
}

/** A click on a header: the other way round where it is sorted by already, else numbers down and words up. */
export function nextSort(sort: ObjectQuery['sort'], column: ObjectSortColumn): ObjectQuery['sort'] {
  if (sort.column === column) return { column, descending: !sort.descending }
  const largestFirst: readonly ObjectSortColumn[] = ['size', 'received', 'packets', 'repeats']
  return { column, descending: largestFirst.includes(column) }
}

/** `99.05 %`; never 100 while bytes are missing, nothing while the size is unknown. */
export function receivedShare(size: number | null, received: number): number | null {
  if (size === null) return null
  if (size === 0) return 1
  return Math.min(1, received / size)
}

/** Short names for content types that say little more than their suffix. */
export function typeName(contentType: string | null): string {
  return contentType === null ? '–' : contentType.replace(/;.*/, '').replace(/^application\//, '')
}
