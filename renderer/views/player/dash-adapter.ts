import type { MediaInfo, MediaPlayerClass, MediaPlayerSettingClass } from 'dashjs'
import { formatRate } from '../../model/format.ts'
import { keepInside } from './captions-inside.ts'
import { LOST_SEGMENT, responseChanges, SEGMENT_RETRIES } from './dash-responses.ts'
import { Fillers } from './fillers.ts'
import { labelledTracks, NO_TRACKS, type TrackChoices, type TrackWords } from './media-tracks.ts'
import {
  type MediaKind,
  type PlayerAdapter,
  type PlayerOptions,
  type PlayerSnapshot,
  qualityLabel,
} from './player-adapter.ts'
import { videoFacts } from './video-facts.ts'

/*
 * The gateway is on this machine, so retries are short and few. Gaps of lost segments are jumped, and nothing is stored in the
 * browser. Steering and reporting are off; licences, offline playback and Smooth Streaming are modules of the library that its
 * player (`dash.mediaplayer`, see electron.vite.config.ts) comes without.
 */
const SETTINGS: MediaPlayerSettingClass = {
  debug: { logLevel: 0 },
  streaming: {
    delay: { liveDelayFragmentCount: 3, useSuggestedPresentationDelay: true },
    // Only UTCTiming of the manifest: the library's default is a server on the internet.
    utcSynchronization: { enabled: true, useManifestDateHeaderTimeSource: false },
    gaps: { jumpGaps: true, jumpLargeGaps: true, enableSeekFix: true, enableStallFix: true },
    buffer: { bufferTimeDefault: 12, fastSwitchEnabled: true },
    retryIntervals: { MPD: 500, MediaSegment: 500, InitializationSegment: 500 },
    retryAttempts: { MPD: 3, MediaSegment: SEGMENT_RETRIES, InitializationSegment: SEGMENT_RETRIES },
    lastBitrateCachingInfo: { enabled: false },
    lastMediaSettingsCachingInfo: { enabled: false },
    applyContentSteering: false,
    cmcd: { enabled: false, applyParametersFromMpd: false },
  },
}

/** dash.js's error codes. */
const ERROR = { manifestParse: 10, manifestLoad: 11, timeSync: 16, segment: 27, init: 28, manifestEmpty: 25 } as const

/** Plays an MPD with dash.js, which it loads. */
export async function createDashAdapter(options: PlayerOptions): Promise<PlayerAdapter> {
  const { MediaPlayer } = await import('dashjs')
  const player = MediaPlayer().create()
  player.updateSettings(SETTINGS)
  player.initialize(options.video, undefined as never, true, undefined as never)
  player.clearDefaultUTCTimingSources()
  const { captions } = options
  if (captions !== null) player.attachTTMLRenderingDiv(captions)
  const leaveInside = captions === null ? () => {} : keepInside(captions)
  player.on('error', (event: unknown) => reportError(event, options))
  player.on('playbackError', (event: unknown) => reportError(event, options))
  const fillers = new Fillers()
  // Elsewhere, what was handed over before is no neighbour of what comes.
  const forget = (): void => fillers.seek()
  options.video.addEventListener('seeking', forget)
  player.on('playbackEnded', (event: unknown) => {
    if ((event as { readonly isLast?: boolean }).isLast === true) queueMicrotask(() => playToTheEnd(options.video))
  })
  player.addResponseInterceptor(responseChanges(options, fillers) as never)
  // Where some representations are encrypted, the others play.
  player.registerCustomCapabilitiesFilter((representation) => !isEncrypted(representation))
  if (options.without !== null) {
    const left = options.without
    player.registerCustomCapabilitiesFilter((representation) => !isOfKind(representation, left))
  }
  if (options.startS === null) player.attachSource(options.url)
  else player.attachSource(options.url, options.startS)
  return new DashAdapter(player, options.video, () => {
    options.video.removeEventListener('seeking', forget)
    leaveInside()
    captions?.replaceChildren()
  })
}

/**
 * dash.js pauses where its own clock says that the end is reached, now and then just before the browser does. It would stand there,
 * neither ended nor playing, and never say that it has ended.
 */
function playToTheEnd(video: HTMLVideoElement): void {
  if (video.ended || !video.paused || video.error !== null) return
  // Where play is refused, it stands at its end as before.
  void video.play().catch(() => undefined)
}

class DashAdapter implements PlayerAdapter {
  readonly #player: MediaPlayerClass
  readonly #video: HTMLVideoElement
  readonly #unlisten: () => void
  #chosen: string | null = null

  constructor(player: MediaPlayerClass, video: HTMLVideoElement, unlisten: () => void) {
    this.#unlisten = unlisten
    this.#player = player
    this.#video = video
  }

  snapshot(): PlayerSnapshot {
    const facts = videoFacts(this.#video)
    const ahead = { video: this.#ahead('video'), audio: this.#ahead('audio') }
    const unknown = { latencyS: null, targetLatencyS: null }
    const nothing = { ahead, ...NO_TRACKS, qualities: [], chosen: null, playing: null, ...unknown }
    if (!this.#player.isReady() || this.#player.getActiveStream() === null) {
      return { ...facts, ...nothing, phase: 'loading', startS: 0, endS: 0, live: false }
    }
    const live = this.#player.isDynamic()
    const window = this.#player.getDvrWindow()
    const duration = this.#player.duration()
    const latency = live ? this.#player.getCurrentLiveLatency() : Number.NaN
    const target = live ? this.#player.getTargetLiveDelay() : Number.NaN
    const renditions = this.#player.getRepresentationsByType('video')
    return {
      ...facts,
      ahead,
      ...this.#tracks(),
      live,
      startS: window?.start ?? 0,
      endS: window?.end ?? (Number.isFinite(duration) ? duration : facts.timeS),
      latencyS: Number.isFinite(latency) ? latency : null,
      targetLatencyS: Number.isFinite(target) ? target : null,
      qualities: renditions.map((one) => ({ id: one.id, label: qualityLabel(one.height, formatRate(one.bandwidth)) })),
      chosen: this.#chosen,
      playing: this.#player.getCurrentRepresentationForType('video')?.id ?? null,
    }
  }

  #ahead(kind: MediaKind): number | null {
    if (!this.#player.isReady() || this.#player.getTracksFor(kind).length === 0) return null
    const seconds = this.#player.getBufferLength(kind)
    return Number.isFinite(seconds) ? seconds : 0
  }

  seek(timeS: number): void {
    if (this.#player.isReady()) this.#player.seekToPresentationTime(timeS)
  }

  choose(id: string | null): void {
    this.#chosen = id
    this.#player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: id === null } } } } as never)
    if (id !== null) this.#player.setRepresentationForTypeById('video', id, true)
  }

  hear(id: string): void {
    const track = this.#player.getTracksFor('audio')[Number(id)]
    if (track !== undefined) this.#player.setCurrentTrack(track)
  }

  caption(id: string | null): void {
    this.#player.setTextTrack(id === null ? -1 : Number(id))
  }

  #tracks(): TrackChoices {
    const sounds = this.#player.getTracksFor('audio')
    const sound = sounds.findIndex((one) => one.index === this.#player.getCurrentTrackFor('audio')?.index)
    const captions = this.#player.getTracksFor('text').filter((one) => !isWithinPictures(one))
    const caption = this.#player.getCurrentTextTrackIndex()
    return {
      sounds: labelledTracks(sounds.map(wordsOf)),
      sound: sound < 0 ? null : String(sound),
      captions: labelledTracks(captions.map(wordsOf)),
      caption: caption >= 0 && caption < captions.length ? String(caption) : null,
    }
  }

  destroy(): void {
    this.#unlisten()
    this.#player.destroy()
  }
}

/** Captions of CTA-608-E, which `EmbeddedCaptions` draws: the library knows those of H.264 only. */
function isWithinPictures(track: MediaInfo): boolean {
  return (track as { readonly isEmbedded?: boolean | null }).isEmbedded === true
}

function wordsOf({ lang, roles, labels }: MediaInfo): TrackWords {
  const [role] = roles ?? []
  const [label] = (labels ?? []) as readonly { readonly text?: string }[]
  return { name: label?.text || null, language: lang, role: role?.value ?? null }
}

/** Whether a representation of dash.js's manifest is video, or audio. */
function isOfKind(representation: unknown, kind: MediaKind): boolean {
  const { mimeType = '' } = representation as { readonly mimeType?: string }
  return mimeType.startsWith(`${kind}/`)
}

/** Whether a representation of dash.js's manifest needs a licence. */
function isEncrypted(representation: unknown): boolean {
  const { ContentProtection: systems } = representation as { readonly ContentProtection?: readonly unknown[] }
  return systems !== undefined && systems.length > 0
}

type DashError = { readonly error?: { readonly code?: number; readonly message?: string } | string }

function reportError(event: unknown, options: PlayerOptions): void {
  const { error } = event as DashError
  const code = typeof error === 'object' ? error.code : undefined
  const message = typeof error === 'object' ? (error.message ?? '') : (error ?? '')
  switch (code) {
    case ERROR.timeSync:
      // The player then uses this machine's clock, which is also the gateway's.
      return
    case ERROR.manifestParse:
    case ERROR.manifestLoad:
    case ERROR.manifestEmpty:
      options.onProblem({
        kind: 'manifest',
        message: `The manifest could not be used: ${message}`,
        tryThis: 'Read it under Signalling, or try again after its next version.',
        fatal: true,
      })
      return
    case ERROR.segment:
    case ERROR.init:
      options.onProblem(
        code === ERROR.init ? { ...LOST_SEGMENT, message: 'An initialisation segment is missing.' } : LOST_SEGMENT,
      )
      return
    default:
      options.onProblem({
        kind: /decode|demuxer|append|MEDIA_ERR|mediasource/i.test(message) ? 'decoder' : 'player',
        message: `The player stopped: ${message || 'unknown reason'}`,
        tryThis: 'Play again. If it fails again, save the files with Dump and play them elsewhere.',
        fatal: true,
      })
  }
}
