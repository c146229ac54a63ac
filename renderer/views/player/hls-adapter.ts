import type Hls from 'hls.js'
import type { ErrorData, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js'
import { formatRate } from '../../model/format.ts'
import { encryptedText } from '../../model/playable-text.ts'
import { isEmbedded } from './embedded-captions.ts'
import { Fillers } from './fillers.ts'
import { decodableMaster } from './hls-codecs.ts'
import { fragmentLoader, missingSegment, SEGMENT_RETRIES } from './hls-fragments.ts'
import { labelledTracks, type TrackChoices } from './media-tracks.ts'
import {
  ENCRYPTED_ADVICE,
  type MediaKind,
  type PlayerAdapter,
  type PlayerOptions,
  type PlayerProblem,
  type PlayerSnapshot,
  qualityLabel,
} from './player-adapter.ts'
import { refusalText } from './player-model.ts'
import { segmentName } from './segment-log.ts'
import { videoFacts } from './video-facts.ts'

const RETRY = { maxNumRetry: SEGMENT_RETRIES + 1, retryDelayMs: 500, maxRetryDelayMs: 1000 }

/** Features that ask servers beyond playing: licences, reporting, steering, interstitials. */
const NOT_REGISTERED = {
  emeController: undefined,
  cmcdController: undefined,
  contentSteeringController: undefined,
  interstitialsController: undefined,
} as object

/** Plays a multivariant or media playlist with hls.js, which it loads. */
export async function createHlsAdapter(options: PlayerOptions): Promise<PlayerAdapter> {
  const { default: Player } = await import('hls.js')
  const fillers = new Fillers()
  // Elsewhere, what was handed over before is no neighbour of what comes.
  const forget = (): void => fillers.seek()
  options.video.addEventListener('seeking', forget)
  const codecs = (): string => hls.levels.map(({ attrs }) => attrs.CODECS ?? '').join()
  const hls: Hls = new Player({
    // The page's policy forbids its worker, a blob. Remuxing fMP4 is cheap.
    enableWorker: false,
    lowLatencyMode: true,
    liveSyncDurationCount: 3,
    maxBufferLength: 12,
    backBufferLength: 60,
    ...NOT_REGISTERED,
    enableInterstitialPlayback: false,
    enableDateRangeMetadataCues: false,
    enableEmsgMetadataCues: false,
    enableID3MetadataCues: false,
    // Captions within pictures are drawn by `EmbeddedCaptions`: the library knows those of CTA-608-E only.
    enableCEA708Captions: false,
    pLoader: decodableLoader(Player.DefaultConfig.loader as never, options.without) as never,
    fLoader: fragmentLoader(Player.DefaultConfig.loader as never, options, fillers, codecs) as never,
    maxBufferHole: 0.5,
    nudgeOnVideoHole: true,
    // The gateway is on this machine: retries are short and few.
    fragLoadPolicy: {
      default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 60_000, timeoutRetry: RETRY, errorRetry: RETRY },
    },
  })
  let recovered = false
  hls.on(Player.Events.ERROR, (_event, data: ErrorData) => {
    // Nothing recovers from codecs that cannot be decoded.
    const lasting = data.details === Player.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR
    if (data.fatal && data.type === Player.ErrorTypes.MEDIA_ERROR && !recovered && !lasting) {
      recovered = true
      hls.recoverMediaError()
      return
    }
    if (!data.fatal && data.details === Player.ErrorDetails.FRAG_LOAD_ERROR) markLost(data)
    const problem = problemOf(data, data.type === Player.ErrorTypes.NETWORK_ERROR)
    if (problem !== null) options.onProblem(problem)
  })
  const main = options.without === 'video' ? 'audio' : 'video'
  hls.on(Player.Events.FRAG_BUFFERED, (_event, { frag }) => {
    if (frag.type === 'main') options.onSegment(main, frag.start, frag.duration, frag.url)
    else if (frag.type === 'audio') options.onSegment('audio', frag.start, frag.duration, frag.url)
  })
  hls.on(Player.Events.MANIFEST_PARSED, () => {
    // Rejected if the page may not start sound: the view then shows its play button.
    options.video.play().catch(() => undefined)
  })
  if (options.startS !== null) hls.config.startPosition = options.startS
  hls.loadSource(options.url)
  hls.attachMedia(options.video)
  return new HlsAdapter(hls, options.video, () => options.video.removeEventListener('seeking', forget))
}

class HlsAdapter implements PlayerAdapter {
  readonly #hls: Hls
  readonly #video: HTMLVideoElement
  readonly #unlisten: () => void
  #chosen: string | null = null

  constructor(hls: Hls, video: HTMLVideoElement, unlisten: () => void) {
    this.#unlisten = unlisten
    this.#hls = hls
    this.#video = video
  }

  snapshot(): PlayerSnapshot {
    const facts = videoFacts(this.#video)
    const details = this.#hls.latestLevelDetails
    const { seekable, duration } = this.#video
    const last = seekable.length - 1
    const live = details?.live ?? false
    const playing = this.#hls.levels.length > 0 ? String(Math.max(0, this.#hls.currentLevel)) : null
    return {
      ...facts,
      ahead: this.#ahead(),
      ...this.#tracks(),
      live,
      startS: last >= 0 ? seekable.start(0) : 0,
      endS: last >= 0 ? seekable.end(last) : Number.isFinite(duration) ? duration : facts.timeS,
      latencyS: live && this.#hls.latency > 0 ? this.#hls.latency : null,
      targetLatencyS: live ? this.#hls.targetLatency : null,
      qualities: this.#hls.levels.map((level, place) => ({
        id: String(place),
        label: qualityLabel(level.height, formatRate(level.bitrate)),
      })),
      chosen: this.#chosen,
      playing,
    }
  }

  /** Told where picture and sound have playlists of their own. */
  #ahead(): PlayerSnapshot['ahead'] {
    const { mainForwardBufferInfo: main, audioForwardBufferInfo: sound, audioTracks } = this.#hls
    const apart = audioTracks.some(({ url }) => url !== '')
    return { video: apart ? (main?.len ?? 0) : null, audio: apart ? (sound?.len ?? 0) : null }
  }

  seek(timeS: number): void {
    this.#video.currentTime = timeS
  }

  choose(id: string | null): void {
    this.#chosen = id
    this.#hls.nextLevel = id === null ? -1 : Number(id)
  }

  hear(id: string): void {
    this.#hls.audioTrack = Number(id)
  }

  caption(id: string | null): void {
    const tracks = this.#textTracks()
    for (const [place, track] of tracks.entries()) track.mode = String(place) === id ? 'showing' : 'hidden'
    const playlist = this.#hls.subtitleTracks.findIndex(({ name }) => name === tracks[Number(id)]?.label)
    this.#hls.subtitleTrack = id === null ? -1 : playlist
  }

  /** Tracks of playlists. */
  #textTracks(): readonly TextTrack[] {
    return [...this.#video.textTracks].filter(
      (track) => (track.kind === 'captions' || track.kind === 'subtitles') && !isEmbedded(track),
    )
  }

  #tracks(): TrackChoices {
    const { audioTracks, audioTrack } = this.#hls
    const sounds = audioTracks.map(({ name, lang = null }) => ({ name, language: lang, role: null }))
    const texts = this.#textTracks()
    const showing = texts.findIndex(({ mode }) => mode === 'showing')
    return {
      sounds: labelledTracks(sounds),
      sound: audioTrack < 0 ? null : String(audioTrack),
      captions: labelledTracks(
        texts.map(({ label, language }) => ({ name: label === '' ? null : label, language, role: null })),
      ),
      caption: showing < 0 ? null : String(showing),
    }
  }

  destroy(): void {
    this.#unlisten()
    this.#hls.destroy()
  }
}

/**
 * Marks a lost segment as EXT-X-GAP, so that hls.js skips it instead of stopping. An expected one (503) is retried first.
 */
function markLost({ frag, response, errorAction }: ErrorData): void {
  const status = response?.code
  const refused = (errorAction?.retryCount ?? 0) + 1
  if (frag === undefined || (status !== 404 && status !== 410 && !(status === 503 && refused > SEGMENT_RETRIES))) return
  frag.gap = true
  frag.tagList.push(['GAP'])
}

function problemOf(data: ErrorData, network: boolean): PlayerProblem | null {
  const status = data.response?.code
  if (data.type === 'keySystemError' || data.details.startsWith('keyLoad')) {
    const method = data.frag?.decryptdata?.method ?? 'by its segments'
    return { kind: 'manifest', message: encryptedText(method), tryThis: ENCRYPTED_ADVICE, fatal: true }
  }
  if (status === 422 && data.networkDetails instanceof XMLHttpRequest) {
    // A playlist of which the gateway serves nothing, for the reason it gives.
    const message = refusalText(status, '', data.networkDetails.responseText)
    return { kind: 'manifest', message, tryThis: 'Read the playlist under Signalling.', fatal: true }
  }
  if (!data.fatal) {
    if (/^(?:level|audioTrack)LoadError$/.test(data.details) && status !== undefined) {
      const message = `The playlist ${segmentName(data.url ?? '') ?? 'of a variant'} is not to be had (HTTP ${status}).`
      return { kind: 'manifest', message, tryThis: 'Wait until it is received, then play again.', fatal: false }
    }
    if (data.details !== 'fragLoadError') return null
    return missingSegment(status)
  }
  const manifest = data.details.startsWith('manifest') || data.details.startsWith('level')
  return {
    kind: network ? (manifest ? 'manifest' : 'segments') : 'decoder',
    message: `The player stopped: ${data.error.message}${status ? ` (HTTP ${status})` : ''}`,
    tryThis: 'Play again. If it fails again, save the files with Dump and play them elsewhere.',
    fatal: true,
  }
}

const isOffered = (type: string, without: MediaKind | null): boolean =>
  !type.startsWith(`${without}/`) && MediaSource.isTypeSupported(type)

/** What is marked as lost is asked for all the same, so that what fills its time is handed over instead (`fragmentLoader`). */
function withoutGaps(playlist: string): string {
  return playlist.replaceAll(/^#EXT-X-GAP\r?\n/gm, '')
}

/** The library's loader of playlists, with what can be decoded here. @param without what is left out */
function decodableLoader(
  Base: new (settings: unknown) => Loader<LoaderContext>,
  without: MediaKind | null,
): new (
  settings: unknown,
) => Loader<LoaderContext> {
  return class extends Base {
    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess(response, ...rest) {
          const { data } = response
          if (typeof data === 'string')
            response.data = withoutGaps(decodableMaster(data, (type) => isOffered(type, without)))
          callbacks.onSuccess(response, ...rest)
        },
      })
    }
  }
}
