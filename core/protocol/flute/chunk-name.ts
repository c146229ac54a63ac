/**
 * Name of one chunk of a resource that is sent while it grows (TS 103 769 Annex F): `seg.m4s#1024`, `seg.m4s?isLast#4096`,
 * `seg.m4s?hasRandomAccessPoint#0`. The two words appear only in the table's name; any other query belongs to the resource.
 */
export type ChunkName = {
  /** Name of the resource, without fragment and the two words. */
  readonly resource: string
  /** Offset of the chunk in the resource, bytes. */
  readonly offset: number
  readonly isLast: boolean
  readonly hasRandomAccessPoint: boolean
}

const WORDS = ['isLast', 'hasRandomAccessPoint'] as const

/** Null for a name that is not a chunk name. */
export function parseChunkName(name: string): ChunkName | null {
  const match = /^(.+)#(\d{1,15})$/.exec(name)
  if (match === null) return null
  const [, before = '', offset] = match
  const mark = before.indexOf('?')
  const path = mark < 0 ? before : before.slice(0, mark)
  const query = mark < 0 ? [] : before.slice(mark + 1).split('&')
  const kept = query.filter((word) => !WORDS.some((known) => known === word))
  return {
    resource: kept.length === 0 ? path : `${path}?${kept.join('&')}`,
    offset: Number(offset),
    isLast: query.includes('isLast'),
    hasRandomAccessPoint: query.includes('hasRandomAccessPoint'),
  }
}

/** The name in the standard's form. */
export function serialiseChunkName({ resource, offset, isLast, hasRandomAccessPoint }: ChunkName): string {
  const words = [isLast ? 'isLast' : null, hasRandomAccessPoint ? 'hasRandomAccessPoint' : null].filter(Boolean)
  const query = words.length === 0 ? '' : `${resource.includes('?') ? '&' : '?'}${words.join('&')}`
  return `${resource}${query}#${offset}`
}
