import type { LookupOneOptions } from 'node:dns'

/**
 * The lookup of a UDP socket: a numeric address is itself, and a name is refused, so that nothing a broadcast names leads to a
 * query of the resolver. It also saves Node a call of the resolver for every packet sent.
 */
export function numericLookup(
  host: string,
  _options: LookupOneOptions,
  found: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  if (host.includes(':')) found(null, host, 6)
  else if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) found(null, host, 4)
  else found(Object.assign(new Error(`${host} is no numeric address`), { code: 'EADDRNOTAVAIL' }), '', 4)
}
