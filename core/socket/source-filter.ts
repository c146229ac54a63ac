/** Whose datagrams are taken: of these senders only, or of all but those. Both empty: of anyone. */
export type SourceFilter = { readonly include: readonly string[]; readonly exclude: readonly string[] }

/** Whoever sends is heard. */
export const ANY_SOURCE: SourceFilter = { include: [], exclude: [] }

/** The part of a filter that concerns one family of addresses. `include` that becomes empty by it matches nobody. */
export function ofFamily(filter: SourceFilter, family: 4 | 6): SourceFilter {
  const same = (address: string): boolean => address.includes(':') === (family === 6)
  return { include: filter.include.filter(same), exclude: filter.exclude.filter(same) }
}

/** True where a datagram of this sender is taken. */
export function takes(filter: SourceFilter, sender: string): boolean {
  if (filter.include.length > 0 && !filter.include.includes(sender)) return false
  return !filter.exclude.includes(sender)
}

/**
 * In words, for the interface and the log; null where anyone is heard.
 * @param bySystem the system itself sorts out those that are not included
 */
export function describeFilter(filter: SourceFilter, bySystem: boolean): string | null {
  const words: string[] = []
  if (filter.include.length > 0) {
    words.push(`only from ${filter.include.join(', ')} (${bySystem ? 'source-specific join' : 'sorted out here'})`)
  }
  if (filter.exclude.length > 0) words.push(`not from ${filter.exclude.join(', ')} (sorted out here)`)
  return words.length === 0 ? null : words.join('; ')
}
