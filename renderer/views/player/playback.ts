import { isDecodedUrl } from '../../../core/contract/decoder.ts'
import type { PictureSnapshot, PlayableSnapshot } from '../../../core/contract/service-snapshot.ts'
import { encryptedText } from '../../model/playable-text.ts'
import { DamageLog } from './damage-log.ts'
import { type DamagePicture, takeDamagePictures } from './damage-pictures.ts'
import { createDashAdapter } from './dash-adapter.ts'
import { EmbeddedCaptions } from './embedded-captions.ts'
import { FrameSteps } from './frame-steps.ts'
import { createHlsAdapter } from './hls-adapter.ts'
import { libraryFailure } from './library-failure.ts'
import { refusalOf } from './manifest-refusal.ts'
import { PictureWatch } from './picture-watch.ts'
import {
  ENCRYPTED_ADVICE,
  type MediaKind,
  type PlayerAdapter,
  type PlayerOptions,
  type PlayerProblem,
  type PlayerSnapshot,
} from './player-adapter.ts'
import { type Arrivals, LONG_WAIT_MS, NOTHING_KNOWN, waitText } from './player-model.ts'
import { requestGuard } from './request-guard.ts'
import { SegmentLog } from './segment-log.ts'
import { decoderFailure, Undecodable } from './undecodable.ts'
import { nextBuffered } from './video-facts.ts'

const SNAPSHOT_MS = 250
/** Buffer that has run out, and one that goes on, seconds. */
const RUN_OUT_S = 0.1
const LEFT_S = 1
/** Standing this long before something that is buffered: what lies between does not come any more. */
const JUMP_MS = 700
/** So far into what is buffered, since its beginning is rounded, seconds. */
const INTO_S = 0.02
/** Live, standing this long, and so far behind the end of the presentation: its time line went back. */
const BEYOND = { ms: 1500, s: 1 }
/** Live, the next segment may be so late. */
const LATE_MS = 3000
/** Standing this long at the beginning before what cannot be decoded: libraries do not pass it. */
const UNDECODED_MS = 1200
/** Of a finished presentation everything is at hand: what has run out for this long has ended. */
const RUN_OUT_MS = 600
/** What ffmpeg decodes comes when this computer has decoded it. */
const DECODED_LATE_MS = 10_000
/** What plays on for so long after a decoder failed has another one, seconds. */
const PLAYS_ON_S = 0.5
export type PlaybackState = {
  readonly snapshot: PlayerSnapshot | null
  readonly problem: PlayerProblem | null
  /** How long nothing has played, at the start or in a stall, ms. */
  readonly waitedMs: number
  /** Why that takes long, in one sentence; null while it does not. */
  readonly waiting: string | null
}

/**
 * One attempt to play one address. Requests the manifest first, to quote the gateway when it refuses, then creates the adapter.
 * Reports its state four times a second and at events of the video element, until `close`.
 */
export class Playback {
  readonly #video: HTMLVideoElement
  readonly #captions: HTMLDivElement | null
  /** Pictures of the video, and the objects they come from. */
  readonly frames: FrameSteps
  readonly segments = new SegmentLog()
  readonly damage = new DamageLog()
  readonly #sounds = new SegmentLog()
  readonly #embedded: EmbeddedCaptions
  readonly #onState: (state: PlaybackState) => void
  /** What has come of the service. */
  readonly #arrivals: () => Arrivals
  readonly #playable: Pick<PlayableSnapshot, 'kind' | 'url'>
  readonly #stop = new AbortController()
  /** Set for the second attempt: some low-latency streams play by whole segments only. */
  #wholeSegments = false
  /** Left out, since nothing of it comes any more. */
  #without: MediaKind | null = null
  #startS: number | null = null
  /** Since when one kind of media has run out while the other goes on, ms. */
  #lacks: { readonly kind: MediaKind; readonly sinceMs: number } | null = null
  /** Where a finished presentation has come to. */
  #timeS = 0
  /** Restarts of the sender before what plays; null: not known yet. */
  #restarts: number | null = null
  /** Starts; adapters and errors of earlier ones are dropped. */
  #generation = 0
  #adapter: PlayerAdapter | null = null
  #problem: PlayerProblem | null = null
  /** A picture or sound has come since it started. */
  #plays = false
  /** Where the decoder failed, seconds; null where it did not, or the rest plays on without it. */
  #failedAtS: number | null = null
  #playsPart = false
  #refusal: string | null = null
  readonly #undecodable = new Undecodable()
  #waitingSinceMs: number | null = null
  readonly #forbid: () => void
  readonly #picture: PictureWatch
  readonly #timer: ReturnType<typeof setInterval>

  constructor(
    video: HTMLVideoElement,
    playable: Pick<PlayableSnapshot, 'kind' | 'url'>,
    onState: (state: PlaybackState) => void,
    onPicture: (picture: PictureSnapshot) => void,
    arrivals: () => Arrivals = () => NOTHING_KNOWN,
    captions: HTMLDivElement | null = null,
  ) {
    this.#picture = new PictureWatch(video, onPicture)
    this.#video = video
    this.#captions = captions
    this.frames = new FrameSteps(video)
    this.#embedded = new EmbeddedCaptions(video)
    this.#onState = onState
    this.#arrivals = arrivals
    this.#playable = playable
    this.#forbid = requestGuard.play(playable.url, (url) => this.#refused(url))
    void this.#start()
    const { signal } = this.#stop
    video.addEventListener('encrypted', () => this.#failEncrypted(), { signal })
    // Libraries throw in timers and events of theirs, where nothing else can take it.
    window.addEventListener('error', (event) => this.#libraryFailed(event, event.error ?? event.message), { signal })
    window.addEventListener('unhandledrejection', (event) => this.#libraryFailed(event, event.reason), { signal })
    for (const event of ['playing', 'pause', 'waiting', 'seeked', 'ended', 'volumechange'] as const) {
      video.addEventListener(event, () => this.#update(), { signal })
    }
    this.#timer = setInterval(() => {
      if (!document.hidden) this.#update()
    }, SNAPSHOT_MS)
  }

  togglePlay(): void {
    // Rejected only if the page may not start sound, which a key or click allows.
    if (this.#video.paused) this.#video.play().catch(() => undefined)
    else this.#video.pause()
  }

  /**
   * Follows the sender: one that began again has another time line, on which nothing of the former one is to come.
   * @param restarts of the sender so far
   */
  sent(restarts: number): void {
    const before = this.#restarts
    this.#restarts = restarts
    if (before !== null && before !== restarts) this.#startAnew()
  }

  /** Plays another time line, from its live edge. */
  #startAnew(): void {
    this.#without = null
    this.#startS = null
    this.#problem = null
    this.#plays = false
    this.#failedAtS = null
    this.#playsPart = false
    this.#undecodable.clear()
    this.#embedded.clear()
    this.#waitingSinceMs = null
    this.#startOver()
  }

  seek(timeS: number): void {
    const snapshot = this.#adapter?.snapshot()
    if (snapshot === undefined) return
    this.#adapter?.seek(Math.min(Math.max(timeS, snapshot.startS), snapshot.endS))
    this.#update()
  }

  seekBy(deltaS: number): void {
    this.seek(this.#video.currentTime + deltaS)
  }

  choose(id: string | null): void {
    this.#adapter?.choose(id)
    this.#update()
  }

  hear(id: string): void {
    this.#adapter?.hear(id)
    this.#update()
  }

  caption(id: string | null): void {
    const isEmbedded = this.#embedded.choose(id)
    this.#adapter?.caption(isEmbedded ? null : id)
    this.#update()
  }

  /** Takes pictures around and within the damage nearest to what is shown. @returns none where nothing is damaged */
  async damagePictures(signal: AbortSignal): Promise<readonly DamagePicture[]> {
    const snapshot = this.#adapter?.snapshot()
    if (snapshot === undefined) return []
    const { startS, endS } = snapshot
    const near = (timeS: number) => this.damage.near(timeS)
    const either = new AbortController()
    for (const one of [signal, this.#stop.signal]) one.addEventListener('abort', () => either.abort(), { once: true })
    const play = { video: this.#video, frameS: this.frames.frameS, startS, endS, near }
    const pictures = await takeDamagePictures(play, either.signal)
    this.#update()
    return pictures
  }

  /** Name of the object of a time, also where nothing of it can be decoded; null where it is not known. */
  objectAt(timeS: number): string | null {
    const damaged = this.damage.at(timeS)
    return damaged === null ? this.segments.at(timeS) : damaged.name
  }

  /** Draws captions, the first where none was chosen, or none. */
  toggleCaptions(): void {
    const snapshot = this.#adapter?.snapshot() ?? null
    const { caption = null, captions = [] } = snapshot === null ? {} : this.#embedded.beside(snapshot)
    this.caption(caption === null ? (captions[0]?.id ?? null) : null)
  }

  close(): void {
    this.#stop.abort()
    this.#forbid()
    this.#picture.close()
    this.#embedded.close()
    this.frames.close()
    clearInterval(this.#timer)
    this.#adapter?.destroy()
    this.#adapter = null
    // The element is reused, so its last picture is cleared.
    this.#video.removeAttribute('src')
    this.#video.load()
  }

  async #start(): Promise<void> {
    const { kind, url } = this.#playable
    const { signal } = this.#stop
    const generation = ++this.#generation
    const isOver = (): boolean => signal.aborted || generation !== this.#generation
    try {
      const refusal = await refusalOf(url, signal)
      if (isOver()) return
      if (refusal !== null) {
        this.#fail(refusal)
        return
      }
      const onProblem = (problem: PlayerProblem) => {
        if (!isOver()) this.#fail(problem)
      }
      const onSegment: PlayerOptions['onSegment'] = (of, ...segment) => {
        ;(of === 'video' ? this.segments : this.#sounds).add(...segment)
        if (of === 'video') this.#embedded.segment(...segment)
      }
      const [wholeSegments, without, startS] = [this.#wholeSegments, this.#without, this.#startS]
      const [video, captions] = [this.#video, this.#captions]
      const { refused } = this.#undecodable
      const onDamage: PlayerOptions['onDamage'] = (...segment) => this.damage.add(...segment)
      const told = { onProblem, onSegment, onDamage }
      const options = { video, captions, url, wholeSegments, without, startS, refused, ...told }
      const adapter = await (kind === 'dash' ? createDashAdapter(options) : createHlsAdapter(options))
      if (isOver()) {
        adapter.destroy()
        return
      }
      this.#adapter = adapter
    } catch (thrown) {
      if (isOver()) return
      this.#fail({
        kind: 'player',
        message: `The player could not be started: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        tryThis: 'Press play again. If it fails again, reopen the session.',
        fatal: true,
      })
      return
    }
    this.#update()
  }

  /**
   * Goes on without what has run out: a browser stands still where a picture or sound lacks. Gaps before later segments are
   * filled (`Fillers`); this is where none comes.
   */
  #outlast(snapshot: PlayerSnapshot | null, nowMs: number): void {
    const kind = snapshot === null || this.#without !== null ? null : lacking(snapshot)
    const stands = snapshot === null ? null : this.#standsFor(snapshot, nowMs)
    if (kind === null && stands !== null) {
      this.#goWithout(stands, snapshot)
      return
    }
    if (kind === null || snapshot === null) {
      this.#lacks = null
      return
    }
    if (this.#lacks?.kind !== kind) this.#lacks = { kind, sinceMs: nowMs }
    if (nowMs - this.#lacks.sinceMs < this.#mayLackMs(snapshot)) return
    this.#lacks = null
    this.#goWithout(kind, snapshot)
  }

  /** How long the next segment may only be late. */
  #mayLackMs({ live }: PlayerSnapshot): number {
    if (isDecodedUrl(this.#playable.url)) return DECODED_LATE_MS
    return live ? LATE_MS : RUN_OUT_MS
  }

  /** The kind of which nothing can be decoded, where playing does not begin for it, though there is another; null: none. */
  #standsFor({ ahead }: PlayerSnapshot, nowMs: number): MediaKind | null {
    const waits = this.#waitingSinceMs !== null && nowMs - this.#waitingSinceMs >= UNDECODED_MS
    if (!waits || this.#plays || this.#without !== null || ahead.video === null || ahead.audio === null) return null
    const kinds = ['video', 'audio'] as const
    return kinds.find((kind) => this.#undecodable.sentence(kind) !== null) ?? null
  }

  /** Plays the other kind of media alone. */
  #goWithout(kind: MediaKind, snapshot: PlayerSnapshot | null): void {
    const [gone, left] = kind === 'video' ? ['picture', 'sound'] : ['sound', 'picture']
    const fault = this.#undecodable.sentence(kind)
    const others = snapshot?.ahead[kind === 'video' ? 'audio' : 'video'] ?? null
    if (fault !== null && (others === null || this.#without !== null)) {
      const message = this.#arrivals().notPlayable ?? fault
      this.#fail({ kind: 'segments', message, tryThis: 'The inspector shows what came.', fatal: true })
      return
    }
    this.#without = kind
    this.#startS = snapshot === null || snapshot.live ? null : snapshot.timeS
    const message =
      fault === null ? `The ${gone} ends here; the ${left} goes on.` : `${fault} The ${left} plays without ${gone}.`
    this.#problem = {
      kind: 'segments',
      message,
      tryThis: 'The rest was lost or not sent. In the timeline, E steps through incomplete objects.',
      fatal: false,
    }
    // Later: the library may be inside an event of its own.
    this.#generation++
    setTimeout(() => this.#startOver())
  }

  /** Something else fills the time of what no decoder takes; said of the first segment of a kind. */
  #leaveOut(problem: PlayerProblem, { kind, all }: NonNullable<PlayerProblem['undecodable']>): void {
    const isFirst = this.#undecodable.add(kind, problem.message)
    if (all) this.#goWithout(kind, this.#adapter?.snapshot() ?? null)
    else if (isFirst && this.#problem?.fatal !== true) this.#problem = problem
    this.#update()
  }

  /** Goes on behind a segment at which a decoder failed. @returns false where it is not known which one that was */
  #passBy(told: string): boolean {
    const failure = decoderFailure(`${told} ${this.#video.error?.message ?? ''}`)
    if (failure === null) return false
    const { kind, timeS } = failure
    const name = (kind === 'video' ? this.segments : this.#sounds).at(timeS)
    if (name === null || this.#undecodable.refused.has(name)) return false
    const all = this.#undecodable.failed(failure, name)
    const message = `${name} cannot be decoded: no decoder takes its samples.`
    const tryThis = 'The inspector shows its boxes.'
    this.#leaveOut({ kind: 'decoder', message, tryThis, fatal: false }, { kind, all })
    if (all) return true
    const snapshot = this.#adapter?.snapshot() ?? null
    this.#startS = snapshot === null || snapshot.live ? null : this.#timeS
    this.#generation++
    setTimeout(() => this.#startOver())
    return true
  }

  /** Goes on where a player stands still though it could play: libraries do not pass a hole while they seek. */
  #unstick(snapshot: PlayerSnapshot | null, nowMs: number): void {
    if (snapshot === null || this.#waitingSinceMs === null || this.#problem?.fatal === true) return
    const standsMs = nowMs - this.#waitingSinceMs
    const next = standsMs < JUMP_MS ? null : nextBuffered(this.#video.buffered, snapshot.timeS)
    if (next !== null) {
      this.#waitingSinceMs = nowMs
      // Libraries keep the seeks of a person away from the live edge.
      this.#video.currentTime = next + INTO_S
    } else if (snapshot.live && standsMs >= BEYOND.ms && snapshot.timeS > snapshot.endS + BEYOND.s) {
      this.#startAnew()
    }
  }

  /** A picture that no decoder takes does not stop the sound, nor the other way round. */
  #playOn(snapshot: PlayerSnapshot | null): void {
    if (this.#failedAtS === null || snapshot?.phase !== 'playing') return
    if (snapshot.timeS < this.#failedAtS + PLAYS_ON_S) return
    this.#failedAtS = null
    this.#playsPart = true
    this.#problem = {
      kind: 'decoder',
      message: 'Only a part of it can be decoded here, and plays.',
      tryThis: 'Save the files with Dump and play them elsewhere.',
      fatal: false,
    }
  }

  #startOver(): void {
    if (this.#stop.signal.aborted) return
    this.#adapter?.destroy()
    this.#adapter = null
    void this.#start()
  }

  #fail(problem: PlayerProblem): void {
    // What segments lack is why the library fails afterwards.
    const named = this.#problem?.fatal === true && (!problem.fatal || this.#problem.kind === 'segments')
    if (this.#stop.signal.aborted || named) return
    // Why a segment is left out is told already.
    if (problem.kind === 'segments' && !problem.fatal && this.#undecodable.sentence() !== null && !problem.undecodable)
      return
    if (problem.undecodable !== undefined) {
      this.#leaveOut(problem, problem.undecodable)
      return
    }
    if (problem.kind === 'decoder' && this.#passBy(problem.message)) return
    if (problem.kind === 'decoder' && this.#playable.kind === 'dash' && !this.#wholeSegments) {
      this.#wholeSegments = true
      if (this.#adapter?.snapshot().live === false) this.#startS = this.#timeS
      // Destroyed later: the library is inside its error event.
      setTimeout(() => this.#startOver())
      return
    }
    if (problem.kind === 'decoder') {
      if (this.#playsPart) return
      this.#failedAtS ??= this.#timeS
    }
    this.#problem = this.#refusal === null ? problem : { ...problem, message: this.#refusal }
    this.#update()
  }

  #failEncrypted(): void {
    this.#fail({ kind: 'manifest', message: encryptedText('by its segments'), tryThis: ENCRYPTED_ADVICE, fatal: true })
  }

  /** Asked for by the player, and refused by the page. What fails from then on, fails for that. */
  #refused(url: string): void {
    this.#refusal ??= `The player was kept from asking ${url.slice(0, 200)}, which is outside of the broadcast.`
    this.#fail({
      kind: 'manifest',
      message: this.#refusal,
      tryThis: 'Read the manifest under Signalling.',
      fatal: false,
    })
  }

  #libraryFailed(event: Event, thrown: unknown): void {
    const failure = libraryFailure(event, thrown)
    if (failure === null) return
    // It becomes this sentence, and no longer concerns the page.
    event.preventDefault()
    console.warn('A player failed:', thrown)
    this.#fail({
      kind: 'player',
      message: this.#arrivals().notPlayable ?? failure,
      tryThis: 'Read the manifest under Signalling. Save the files with Dump and play them elsewhere.',
      fatal: true,
    })
  }

  /** That a playlist is not to be had, where that is known. */
  #noPlaylist(): string | null {
    return this.#problem?.kind === 'manifest' && !this.#problem.fatal ? this.#problem.message : null
  }

  #update(): void {
    if (this.#stop.signal.aborted) return
    const snapshot = this.#adapter?.snapshot() ?? null
    const nowMs = performance.now()
    if (snapshot !== null && snapshot.phase !== 'stalled' && snapshot.phase !== 'loading') this.#waitingSinceMs = null
    else this.#waitingSinceMs ??= nowMs
    if (snapshot !== null && snapshot.phase !== 'loading') this.#timeS = snapshot.timeS
    if (snapshot?.phase === 'playing' && !this.#plays) {
      this.#plays = true
      // Of live segments, those before the first one that could be played were sent before.
      if (snapshot.live && this.#problem?.kind === 'segments' && !this.#problem.fatal) this.#problem = null
    }
    this.#playOn(snapshot)
    this.#outlast(snapshot, nowMs)
    this.#unstick(snapshot, nowMs)
    const waitedMs = this.#waitingSinceMs === null ? 0 : nowMs - this.#waitingSinceMs
    const stopped = this.#problem?.fatal === true ? this.#problem.message : null
    const arrivals = this.#arrivals()
    const known = this.#plays ? null : (arrivals.notPlayable ?? this.#undecodable.sentence() ?? this.#noPlaylist())
    const waiting = waitedMs < LONG_WAIT_MS ? null : (known ?? waitText(snapshot, waitedMs, arrivals))
    this.#picture.problem(stopped ?? waiting)
    const problem = this.#problem?.message === waiting ? null : this.#problem
    this.#onState({ snapshot: snapshot === null ? null : this.#embedded.beside(snapshot), problem, waitedMs, waiting })
  }
}

/** The kind of media that has run out while the other has some time left; null: none. */
function lacking({ phase, ahead: { video, audio } }: PlayerSnapshot): MediaKind | null {
  if (video === null || audio === null || phase === 'ended' || phase === 'paused') return null
  if (video < RUN_OUT_S && audio > LEFT_S) return 'video'
  return audio < RUN_OUT_S && video > LEFT_S ? 'audio' : null
}
