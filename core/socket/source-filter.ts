/** Accepted senders: only the included ones, or all but the excluded ones. Both empty: any. */
export type SourceFilter = { readonly include: readonly string[]; readonly exclude: readonly string[] }

/** Accepts any sender. */
export const ANY_SOURCE: SourceFilter = { include: [], exclude: [] }

/** The part of a filter for one address family. An `include` list that becomes empty matches nobody. */
export function ofFamily(filter: SourceFilter, family: 4 | 6): SourceFilter {
  const same = (address: string): boolean => address.includes(':') === (family === 6)
  return { include: filter.include.filter(same), exclude: filter.exclude.filter(same) }
}

/** True where datagrams of this sender are accepted. */
export function accepts(filter: SourceFilter, sender: string): boolean {
  if (filter.include.length > 0 && !filter.include.includes(sender)) return false
  return !filter.exclude.includes(sender)
}

/**
 * The filter in words, for the interface and the log; null where any sender is accepted.
 * @param bySystem the system itself filters the included senders
 */
export function describeFilter(filter: SourceFilter, bySystem: boolean): string | null {
  const words: string[] = []
  if (filter.include.length > 0) {
    words.push(`only from ${filter.include.join(', ')} (${bySystem ? 'source-specific join' : 'filtered here'})`)
  }
  if (filter.exclude.length > 0) words.push(`not from ${filter.exclude.join(', ')} (filtered here)`)
  return words.length === 0 ? null : words.join('; ')
}
