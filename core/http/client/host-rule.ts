import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { refusalOfHost } from '../../protocol/ip/signalled-address.ts'

/** Code of the error of a lookup whose answer leads into a network of this computer. */
export const HOST_REFUSED = 'ERR_HOST_REFUSED'

/**
 * Which hosts a client may ask: those that the user named, and public ones. It is asked for every URL and redirect, and for the
 * addresses that a name turns out to have.
 */
export class HostRule {
  readonly #named: ReadonlySet<string>
  readonly #lookup: typeof lookup

  /**
   * @param named hosts the user named, as in a URL; IPv6 addresses with or without brackets
   * @param ask the resolver; for tests
   */
  constructor(named: readonly string[], ask: typeof lookup = lookup) {
    this.#named = new Set(named.map(hostKey))
    this.#lookup = ask
  }

  /** Why the host of a URL is not asked, in words that complete "it …"; null where it may be. */
  refusal({ hostname }: URL): string | null {
    return this.#named.has(hostKey(hostname)) ? null : refusalOfHost(hostname)
  }

  /** The lookup of the client's connections. */
  readonly lookup: LookupFunction = (hostname, options, found) => {
    this.#lookup(hostname, options, (error, address, family) => {
      const addresses: readonly string[] = Array.isArray(address) ? address.map((each) => each.address) : [address]
      if (error !== null || this.#named.has(hostKey(hostname))) found(error, address as never, family as never)
      else if (addresses.every((each) => refusalOfHost(isIP(each) === 6 ? `[${each}]` : each) === null))
        found(null, address as never, family as never)
      else found(Object.assign(new Error(`${hostname} leads into a local network`), { code: HOST_REFUSED }), '', 4)
    })
  }
}

function hostKey(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
}
