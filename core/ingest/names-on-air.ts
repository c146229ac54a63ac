import { pathOfReference } from '../files/outside-name.ts'
import { isAbsoluteReference } from '../manifest/reference.ts'
import type { ByteSpan } from './growing-origin.ts'

/** Names that are remembered of what is live: those of long ago are not asked for again. */
const MOST_NAMES = 4096

const ENDING = /\.[a-z0-9]{1,8}$/i

/**
 * The names on air of the files of an origin: each below the manifest, the same for the same file, and another for another. What
 * lies elsewhere gets a folder of its own, a part of a file its offset, and a name that is no plain path once it is decoded a number.
 */
export class NamesOnAir {
  readonly #folder: string
  readonly #roots = new Map<string, string>()
  /** Names by address and range. */
  readonly #names = new Map<string, string>()
  readonly #used = new Set<string>()
  /** Files with a number for a name. */
  #numbered = 0
  readonly #most: number

  /** @param manifest address of the manifest; empty in a folder @param most names that are remembered */
  constructor(manifest: string, most = MOST_NAMES) {
    this.#most = most
    const [path = ''] = manifest.split(/[?#]/, 1)
    this.#folder = path.slice(0, path.lastIndexOf('/') + 1)
  }

  /**
   * @param address resolved; in a folder a name from the manifest's
   */
  of(address: string, range: ByteSpan | null = null): string {
    const key = range === null ? address : `${address}\n${range[0]}-${range[1]}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const [stem, ending] = this.#placed(address, range)
    let name = stem + ending
    for (let count = 2; this.#used.has(name); count++) name = `${stem}-${count}${ending}`
    this.#used.add(name)
    this.#names.set(key, name)
    const [oldest] = this.#names
    if (oldest !== undefined && this.#names.size > this.#most) {
      this.#names.delete(oldest[0])
      this.#used.delete(oldest[1])
    }
    return name
  }

  /** Folder and name, and the ending that stays the last. */
  #placed(address: string, range: ByteSpan | null): readonly [string, string] {
    const [plain = ''] = address.split(/[?#]/, 1)
    const slash = plain.lastIndexOf('/') + 1
    let name = plain
    if (!isAbsoluteReference(plain) && !/^(?:\/|\.\.(?:\/|$))/.test(plain)) name = plain
    else if (this.#folder !== '' && plain.startsWith(this.#folder)) name = plain.slice(this.#folder.length)
    else name = this.#rootOf(plain.slice(0, slash)) + plain.slice(slash)
    if (name === '' || name.endsWith('/')) name += 'media'
    // A receiver decodes it: `..%2fx` would lead out of its folder there.
    if (!pathOfReference(name).ok) name = `b0/${++this.#numbered}${ENDING.exec(name)?.[0] ?? ''}`
    const dot = name.lastIndexOf('.')
    const cut = dot > name.lastIndexOf('/') + 1 ? dot : name.length
    const offset = range === null ? '' : `-${range[0]}`
    return [name.slice(0, cut) + offset, name.slice(cut)]
  }

  #rootOf(folder: string): string {
    const known = this.#roots.get(folder)
    if (known !== undefined) return known
    const root = `b${this.#roots.size + 1}/`
    this.#roots.set(folder, root)
    return root
  }
}
