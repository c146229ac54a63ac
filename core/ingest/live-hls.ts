import { AppFailure } from '../failure/app-failure.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import { unknownVariable } from '../manifest/hls/variables.ts'
import { resolveReference } from '../manifest/reference.ts'
import { chosenMaster } from './chosen-master.ts'
import type { GrowingOrigin, HeldReading, LiveDocument } from './growing-origin.ts'
import { masterOnAir } from './hls-on-air.ts'
import { PLAYLIST_TYPE, parsePlaylistOf, type Rendition, renditionsOf } from './hls-playlists.ts'
import { type HlsHost, HlsReader, type HlsReading, type HlsSource } from './hls-reader.ts'
import { livePresentation } from './live-presentation.ts'
import type { LoadOptions } from './load-options.ts'
import { NamesOnAir } from './names-on-air.ts'
import type { LiveFeed, Presentation, PresentationManifest } from './presentation.ts'

/** Most media playlists of a presentation. */
const MAX_PLAYLISTS = 64

/**
 * Opens a live HLS presentation: reads its playlists and the first initialisation sections; the rest follows once the feed is
 * started.
 * @param shown the playlist for a person, `name` on air
 * @throws AppFailure source-unreachable | file-unreadable | bad-manifest | not-supported | input-unusable
 */
export function openLiveHls(
  source: GrowingOrigin,
  shown: string,
  name: string,
  options: LoadOptions,
): Promise<Presentation> {
  return livePresentation(source, 'hls', (document) => LiveHls.open(source, document, shown, name, options))
}

/** Follows the playlists of a live presentation. */
class LiveHls implements LiveFeed {
  manifest: PresentationManifest
  tracks: readonly HlsReader[] = []
  changes = 0
  changedUs: number
  readonly clockUs = 0
  onNews: () => void = () => {}
  readonly #source: GrowingOrigin
  readonly #options: LoadOptions
  readonly #running = new Set<Promise<void>>()
  #isStarted = false

  private constructor(source: GrowingOrigin, manifest: PresentationManifest, options: LoadOptions) {
    this.#source = source
    this.#options = options
    this.manifest = manifest
    this.changedUs = options.nowUs()
  }

  static async open(
    source: GrowingOrigin,
    { bytes, url }: LiveDocument,
    shown: string,
    name: string,
    options: LoadOptions,
  ): Promise<LiveHls> {
    const names = new NamesOnAir(url)
    const read = parsePlaylistOf(shown, bytes)
    const top = read.kind === 'master' ? chosenMaster(read, options.representations, shown) : read
    const manifest = { name, contentType: PLAYLIST_TYPE, bytes, mpd: null }
    const feed = new LiveHls(source, manifest, options)
    if (top.kind === 'media') feed.#followTop(top, url, shown, names)
    else {
      const onAir = (uri: string): string => names.of(resolveReference(url, uri))
      feed.manifest = { ...manifest, bytes: new TextEncoder().encode(masterOnAir(top, url, onAir)) }
      await feed.#followAll(top, url, shown, names)
    }
    const missing = await Promise.all(feed.tracks.map((reader) => reader.readInit()))
    const why = missing.find((each) => each !== null)
    if (why != null)
      throw new AppFailure('input-unusable', `"${shown}" cannot be sent: ${why}.`, 'Check that it is complete.')
    return feed
  }

  get isOver(): boolean {
    return this.tracks.every(({ endedUs }) => endedUs !== null)
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    for (const reader of this.tracks) {
      const work = reader.run()
      this.#running.add(work)
      void work.finally(() => this.#running.delete(work))
    }
  }

  async close(): Promise<void> {
    for (const reader of this.tracks) reader.stop()
    await this.#source.close()
    await Promise.all(this.#running)
  }

  /** One media playlist without a multivariant one. */
  #followTop(media: HlsMedia, url: string, shown: string, names: NamesOnAir): void {
    const read = async (held: HeldReading | null): Promise<HlsReading | null> => {
      const document = await this.#source.manifest(held)
      return document === null ? null : mediaOf(shown, document, null)
    }
    const source = { repId: 'media', contentType: null, lang: null, bandwidth: null, name: '', isTop: true, read }
    this.#add(source, names, { media: usable(shown, media), url })
  }

  async #followAll(master: HlsMaster, url: string, shown: string, names: NamesOnAir): Promise<void> {
    const renditions = renditionsOf(master)
    if (renditions.length === 0)
      throw new AppFailure('input-unusable', `"${shown}" names no media playlist.`, 'Use a playlist with media in it.')
    if (renditions.length > MAX_PLAYLISTS)
      throw new AppFailure(
        'input-unusable',
        `"${shown}" names more than ${MAX_PLAYLISTS} media playlists.`,
        'Send fewer of them.',
      )
    const opened = await Promise.all(renditions.map((each) => this.#open(each, master, url, names)))
    for (const { source, reading } of opened) this.#add(source, names, reading)
  }

  async #open(
    { uri, contentType, lang }: Rendition,
    master: HlsMaster,
    url: string,
    names: NamesOnAir,
  ): Promise<{ readonly source: HlsSource; readonly reading: HlsReading }> {
    const address = resolveReference(url, uri)
    const name = names.of(address)
    const shown = this.#source.shown(address)
    const read = async (held: HeldReading | null): Promise<HlsReading> =>
      mediaOf(shown, await this.#source.playlist(address, held), master)
    const bandwidth = master.variants.find((variant) => variant.uri === uri)?.bandwidth ?? 0
    const rate = bandwidth > 0 ? bandwidth : null
    const repId = name.replace(/\.m3u8?$/i, '')
    const source = { repId, contentType, lang, bandwidth: rate, name, isTop: false, read }
    return { source, reading: await read(null) }
  }

  #add(source: HlsSource, names: NamesOnAir, reading: HlsReading): void {
    const host: HlsHost = {
      source: this.#source,
      nowUs: this.#options.nowUs,
      report: (report) => this.#options.live(report),
      news: () => this.onNews(),
      changed: () => this.#changed(),
      takesParts: this.#options.lowLatency,
    }
    if (reading.media.lines.some((line) => line.startsWith('#EXT-X-KEY:') && !line.includes('METHOD=NONE')))
      this.#options.note({
        sentence: `The segments of "${source.repId}" are encrypted, and their keys are not sent.`,
        tryThis: 'Receivers need a way to the keys.',
      })
    this.tracks = [...this.tracks, new HlsReader(source, names, host, reading)]
  }

  /** The playlist that is the manifest. */
  #changed(): void {
    const bytes = this.tracks[0]?.manifest
    if (bytes == null) return
    this.manifest = { ...this.manifest, bytes }
    this.changes++
    this.changedUs = this.#options.nowUs()
  }
}

/** @throws AppFailure bad-manifest | not-supported */
function mediaOf(shown: string, { bytes, url }: LiveDocument, master: HlsMaster | null): HlsReading {
  const media = parsePlaylistOf(shown, bytes, master?.defined ?? null)
  if (media.kind === 'media') return { media: usable(shown, media), url }
  throw new AppFailure(
    'bad-manifest',
    `"${shown}" is a master playlist inside a master playlist.`,
    'Correct the playlists.',
  )
}

/** @throws AppFailure not-supported, for variables that only a player knows */
function usable(shown: string, media: HlsMedia): HlsMedia {
  const unknown = media.segments.map(({ uri }) => unknownVariable(uri)).find((variable) => variable !== null)
  if (unknown == null) return media
  throw new AppFailure(
    'not-supported',
    `"${shown}" cannot be sent: no #EXT-X-DEFINE gives ${unknown} a value.`,
    'Write the value into the playlist, or send the multivariant playlist that defines it.',
  )
}
