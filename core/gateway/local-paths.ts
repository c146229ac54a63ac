import { addressesOf, addressOf } from '../flow/address.ts'
import { BoundedMap } from '../flow/bounded-map.ts'

const ORIGIN = /^(?:https?:)?\/\/[^/?#\\]*/i
const IDENTIFIER = /\$[^$]*\$/
const PLAYLIST = /\.(?:mpd|m3u8?)(?:\?|$)/i
/** Folders of other hosts whose files were found here. */
const MAX_FOLDERS = 1024

/** Finds files that a manifest names by an address of another host among those received under the last part of it. */
export class LocalPaths {
  readonly #addresses: ReadonlySet<string>
  readonly #folders = new Set<string>()
  readonly #found: BoundedMap<string, string>

  /** @param names of received files @param before finds of the same service with fewer files */
  constructor(names: Iterable<string>, before: LocalPaths | null) {
    const addresses = new Set<string>()
    for (const name of names) {
      const address = addressOf(name)
      addresses.add(address)
      for (let at = address.lastIndexOf('/'); at > 0; at = address.lastIndexOf('/', at - 1)) {
        const folder = address.slice(0, at + 1)
        if (this.#folders.has(folder)) break
        this.#folders.add(folder)
      }
    }
    this.#addresses = addresses
    this.#found = before === null ? new BoundedMap(MAX_FOLDERS) : before.#found
  }

  /** Path in the service, spelled as in the address, which may be a template, or that of a folder; null where nothing is. */
  of(url: string): string | null {
    const [plain = ''] = url.split('#', 1)
    const path = plain.replace(ORIGIN, '')
    if (!path.startsWith('/')) return null
    const [fixed = ''] = path.split(/[$?]/, 1)
    const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1)
    const rest = path.slice(folder.length)
    const whole = plain.slice(0, plain.length - rest.length)
    for (let suffix = folder.slice(1); ; suffix = suffix.slice(suffix.indexOf('/') + 1)) {
      if (this.#holds(suffix, rest)) {
        if (rest !== '') this.#found.set(whole, suffix)
        return suffix + rest
      }
      if (suffix === '') break
    }
    // What is still to come lies beside what has come from the same folder; a playlist comes before its segments.
    const beside = rest === '' || PLAYLIST.test(rest) ? undefined : this.#found.get(whole)
    return beside === undefined ? null : beside + rest
  }

  #holds(folder: string, rest: string): boolean {
    if (rest === '') return this.#folders.has(addressOf(folder))
    if (!IDENTIFIER.test(rest)) return addressesOf(folder + rest).some((address) => this.#addresses.has(address))
    const [path = ''] = rest.split('?', 1)
    const parts = path.split(IDENTIFIER)
    const first = addressOf(folder + (parts[0] ?? ''))
    const last = addressOf(parts.at(-1) ?? '')
    for (const address of this.#addresses)
      if (address.startsWith(first) && address.endsWith(last) && address.length > first.length + last.length)
        return true
    return false
  }
}
