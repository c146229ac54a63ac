import type { AppFailure } from '../failure/app-failure.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import { withUri } from '../manifest/hls/sliding-playlist.ts'
import { relativeReference, resolveReference } from '../manifest/reference.ts'
import type { ByteSpan } from './growing-origin.ts'
import { parsePlaylistOf } from './hls-playlists.ts'
import { NamesOnAir } from './names-on-air.ts'
import type { FileReader, Located, Origin, StoredFiles } from './origin.ts'

/** A playlist as it is sent. */
export type SentPlaylist<Playlist> = { readonly playlist: Playlist; readonly bytes: Uint8Array }

/**
 * The server of a finished presentation, by the names on air of its files: what its playlists name elsewhere, or with a query, gets
 * a name below the first one. Playlists that name only what is below are sent as they are.
 */
export class OriginOnAir implements Origin {
  readonly address: string
  readonly stored: StoredFiles
  readonly files: FileReader
  readonly #origin: Origin
  readonly #names: NamesOnAir
  readonly #addresses = new Map<string, string>()
  #isMasterAnew = false

  constructor(origin: Origin) {
    this.#origin = origin
    this.address = origin.address
    this.stored = origin.stored
    this.files = origin.files
    this.#names = new NamesOnAir(origin.address, Number.POSITIVE_INFINITY)
  }

  master(playlist: HlsMaster, bytes: Uint8Array, shown: string): SentPlaylist<HlsMaster> {
    const names = new References('', this.address, (address) => this.#nameOf(address))
    const text = masterOnAir(playlist, this.address, (uri) => names.of(uri))
    if (!names.isAnew) return { playlist, bytes }
    this.#isMasterAnew = true
    const sent = new TextEncoder().encode(text)
    const read = parsePlaylistOf(shown, sent)
    // What its variables are is in the playlist as found.
    return { playlist: read.kind === 'master' ? { ...read, defined: playlist.defined } : playlist, bytes: sent }
  }

  /** @param name on air; empty for one that no other names */
  media(playlist: HlsMedia, bytes: Uint8Array, name: string, shown: string): SentPlaylist<HlsMedia> {
    const address = name === '' ? this.address : this.#addressOf(name)
    const names = new References(name, address, (at) => this.#nameOf(at))
    const lines = playlist.lines
      .filter((line) => !/^#EXT-X-(?:DEFINE|PART|PRELOAD-HINT|RENDITION-REPORT|SERVER-CONTROL)(?::|$)/.test(line))
      .map((line) => {
        if (line.startsWith('#EXT-X-MAP:')) return withUri(line, (uri) => names.of(uri))
        if (line.startsWith('#EXT-X-KEY:')) return withUri(line, (uri) => resolveReference(address, uri))
        return line === '' || line.startsWith('#') ? line : names.of(line)
      })
    const takesVariables = this.#isMasterAnew && playlist.lines.some((line) => line.startsWith('#EXT-X-DEFINE:'))
    if (!names.isAnew && !takesVariables) return { playlist, bytes }
    const sent = new TextEncoder().encode(lines.join('\n'))
    const read = parsePlaylistOf(shown, sent)
    return { playlist: read.kind === 'media' ? read : playlist, bytes: sent }
  }

  part(name: string, span: ByteSpan): Promise<Uint8Array> {
    return this.#origin.part(this.#addressOf(name), span)
  }

  locate(names: readonly string[]): Promise<Located[]> {
    return this.#origin.locate(names.map((name) => this.#addressOf(name)))
  }

  read(name: string, role: string): Promise<Uint8Array> {
    return this.#origin.read(this.#addressOf(name), role)
  }

  filesBeside(name: string): Promise<readonly string[] | null> {
    return this.#origin.filesBeside(this.#addressOf(name))
  }

  leftBeside(manifest: string): Promise<readonly string[]> {
    return this.#origin.leftBeside(manifest)
  }

  shown(path: string): string {
    return this.#origin.shown(this.#addressOf(path))
  }

  missing(path: string, role: string): AppFailure {
    return this.#origin.missing(path, role)
  }

  #nameOf(address: string): string {
    const name = this.#names.of(address)
    this.#addresses.set(name, address)
    return name
  }

  #addressOf(name: string): string {
    return this.#addresses.get(name) ?? name
  }
}

/** The references of one playlist as they are on air. */
class References {
  /** One of them is another than in the playlist as found. */
  isAnew = false
  readonly #name: string
  readonly #address: string
  readonly #nameOf: (address: string) => string

  constructor(name: string, address: string, nameOf: (address: string) => string) {
    this.#name = name
    this.#address = address
    this.#nameOf = nameOf
  }

  of(uri: string): string {
    const name = this.#nameOf(resolveReference(this.#address, uri))
    if (name !== resolveReference(this.#name, uri)) this.isAnew = true
    return relativeReference(this.#name, name)
  }
}

/**
 * The text of a multivariant playlist with names on air, variables written out; what is not sent is left out.
 * @param url that its names count from
 */
export function masterOnAir({ lines }: HlsMaster, url: string, onAir: (uri: string) => string): string {
  return lines
    .filter((line) => !/^#EXT-X-(?:DEFINE|I-FRAME-STREAM-INF|IMAGE-STREAM-INF|CONTENT-STEERING)(?::|$)/.test(line))
    .map((line) => {
      if (line.startsWith('#EXT-X-MEDIA:')) return withUri(line, onAir)
      if (/^#EXT-X-SESSION-(?:KEY|DATA):/.test(line)) return withUri(line, (uri) => resolveReference(url, uri))
      return line === '' || line.startsWith('#') ? line : onAir(line)
    })
    .join('\n')
}
