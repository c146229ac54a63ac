import { CodecError } from '../../bytes/codec-error.ts'
import { addressesOf, addressOf } from '../../flow/address.ts'
import { BoundedMap } from '../../flow/bounded-map.ts'
import { parsePlaylist } from '../../manifest/hls/parse.ts'
import { unknownVariable } from '../../manifest/hls/variables.ts'

/** Bound on remembered playlists of a channel; a variant has one or a few. */
const MAX_PLAYLISTS = 256
/** Bound on variants of a master playlist that are looked for. */
const MAX_VARIANTS = 256
/** Longest name in a sentence, characters. */
const MAX_NAME = 80

/** Playlists of HLS that came in one channel, or in the signalling of a service. */
export class PlaylistsSeen {
  /** Media playlists by the address of their name, with the time of the first, µs. */
  readonly media = new BoundedMap<string, number>(MAX_PLAYLISTS)
  #master: { readonly name: string; readonly variants: readonly string[] } | null = null
  #unnamedUs: number | null = null

  /** References of the newest master playlist to its variants; null without one. */
  get variants(): readonly string[] | null {
    return this.#master?.variants ?? null
  }

  /** A media playlist came of which no name is known. */
  get unnamedUs(): number | null {
    return this.#unnamedUs
  }

  /** A playlist came whole; each name is read once. @param read its bytes */
  came(name: string | null, timeUs: number, read: () => Uint8Array): void {
    if (name === null) {
      this.cameUnnamed(timeUs)
      return
    }
    const address = addressOf(name)
    if (this.media.has(address) || this.#master?.name === address) return
    const variants = variantsOf(read())
    if (variants === null) this.media.set(address, timeUs)
    else this.#master = { name: address, variants }
  }

  cameUnnamed(timeUs: number): void {
    this.#unnamedUs ??= timeUs
  }
}

/**
 * Time of the first playlist of a variant of the master playlists, µs; null where none came. Without a master playlist nothing is
 * waited for: 0.
 */
export function firstVariantUs(seen: readonly PlaylistsSeen[]): number | null {
  const variants = seen.flatMap((each) => each.variants ?? [])
  if (!seen.some((each) => each.variants !== null)) return 0
  const tails = variants.flatMap(tailsOf)
  // A value that only a player's request has: any playlist may be meant.
  const isAny = variants.some((reference) => unknownVariable(reference) !== null)
  let firstUs: number | null = null
  const earlier = (timeUs: number): void => {
    if (firstUs === null || timeUs < firstUs) firstUs = timeUs
  }
  for (const { media, unnamedUs } of seen) {
    if (unnamedUs !== null) earlier(unnamedUs)
    for (const [name, timeUs] of media)
      if (isAny || tails.some((tail) => name === tail || name.endsWith(`/${tail}`))) earlier(timeUs)
  }
  return firstUs
}

/** That no playlist of a variant has arrived, a sentence with the name of one. */
export function withoutVariant(seen: readonly PlaylistsSeen[]): string {
  const variants = seen.flatMap((each) => each.variants ?? [])
  const [first = ''] = variants
  const name = first.length > MAX_NAME ? `${first.slice(0, MAX_NAME)}…` : first
  if (variants.length === 0) return 'Its master playlist names no playlist of a variant.'
  return variants.length === 1
    ? `The playlist ${name} that its master playlist names has not arrived.`
    : `None of the ${variants.length} playlists of variants that its master playlist names has arrived, such as ${name}.`
}

/** References to the variants of a master playlist; null where it is none, or cannot be read. */
function variantsOf(bytes: Uint8Array): readonly string[] | null {
  try {
    const playlist = parsePlaylist(bytes)
    if (playlist.kind !== 'master') return null
    return playlist.variants.slice(0, MAX_VARIANTS).map(({ uri }) => uri)
  } catch (thrown) {
    // The receiver raises an alarm about it.
    if (!(thrown instanceof CodecError)) throw thrown
    return null
  }
}

/**
 * What the address of a file ends with to which a reference leads: a relative one is there whole, beside its master playlist; of one
 * that goes up, or to a host, the last part is known to stay.
 */
function tailsOf(reference: string): readonly string[] {
  const isRelative = !/^[A-Za-z][A-Za-z0-9+.-]*:|^\/|^(?:\.\/)*\.\.\//.test(reference)
  return addressesOf(reference).map((address) => (isRelative ? address : (address.split('/').pop() ?? address)))
}
