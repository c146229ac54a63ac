import type { PictureSnapshot, PlayableSnapshot } from '../../../core/contract/snapshot.ts'
import { encryptedText } from '../../model/playable-text.ts'
import { createDashAdapter } from './dash-adapter.ts'
import { createHlsAdapter } from './hls-adapter.ts'
import { PictureWatch } from './picture-watch.ts'
import { ENCRYPTED_ADVICE, type PlayerAdapter, type PlayerProblem, type PlayerSnapshot } from './player-adapter.ts'
import { refusalText, waitText } from './player-model.ts'
import { requestGuard } from './request-guard.ts'

const SNAPSHOT_MS = 250
/** Scripts of the player libraries, which the build keeps in files of their own. */
const PLAYER_SCRIPTS = /\/(?:dash|hls)[\w.-]*\.js/

export type PlaybackState = {
  readonly snapshot: PlayerSnapshot | null
  readonly problem: PlayerProblem | null
  /** How long nothing has played, at the start or in a stall, ms. */
  readonly waitedMs: number
}

/**
 * One attempt to play one address. Requests the manifest first, to quote the gateway when it refuses, then creates the adapter.
 * Reports its state four times a second and at events of the video element, until `close`.
 */
export class Playback {
  readonly #video: HTMLVideoElement
  readonly #onState: (state: PlaybackState) => void
  readonly #playable: Pick<PlayableSnapshot, 'kind' | 'url'>
  readonly #stop = new AbortController()
  /** Set for the second attempt: some low-latency streams play by whole segments only. */
  #wholeSegments = false
  #adapter: PlayerAdapter | null = null
  #problem: PlayerProblem | null = null
  #refusal: string | null = null
  #waitingSinceMs: number | null = null
  readonly #forbid: () => void
  readonly #picture: PictureWatch
  readonly #timer: ReturnType<typeof setInterval>

  constructor(
    video: HTMLVideoElement,
    playable: Pick<PlayableSnapshot, 'kind' | 'url'>,
    onState: (state: PlaybackState) => void,
    onPicture: (picture: PictureSnapshot) => void,
  ) {
    this.#picture = new PictureWatch(video, onPicture)
    this.#video = video
    this.#onState = onState
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

  close(): void {
    this.#stop.abort()
    this.#forbid()
    this.#picture.close()
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
    try {
      const refusal = await refusalOf(url, signal)
      if (signal.aborted) return
      if (refusal !== null) {
        this.#fail(refusal)
        return
      }
      const wholeSegments = this.#wholeSegments
      const onProblem = (problem: PlayerProblem) => {
        // Errors of a replaced adapter are ignored.
        if (wholeSegments === this.#wholeSegments) this.#fail(problem)
      }
      const options = { video: this.#video, url, wholeSegments, onProblem }
      const adapter = await (kind === 'dash' ? createDashAdapter(options) : createHlsAdapter(options))
      if (signal.aborted) {
        adapter.destroy()
        return
      }
      this.#adapter = adapter
    } catch (thrown) {
      if (signal.aborted) return
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

  #startOver(): void {
    if (this.#stop.signal.aborted) return
    this.#adapter?.destroy()
    this.#adapter = null
    void this.#start()
  }

  #fail(problem: PlayerProblem): void {
    if (this.#stop.signal.aborted || (this.#problem?.fatal === true && !problem.fatal)) return
    if (problem.kind === 'decoder' && this.#playable.kind === 'dash' && !this.#wholeSegments) {
      this.#wholeSegments = true
      // Destroyed later: the library is inside its error event.
      setTimeout(() => this.#startOver())
      return
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
    const { message = String(thrown), stack = '' } = thrown instanceof Error ? thrown : {}
    const source = event instanceof ErrorEvent ? event.filename : ''
    if (!PLAYER_SCRIPTS.test(source) && !PLAYER_SCRIPTS.test(stack)) return
    // It becomes this sentence, and no longer concerns the page.
    event.preventDefault()
    console.warn('A player failed:', thrown)
    this.#fail({
      kind: 'player',
      message: `The player cannot read this presentation: ${message.slice(0, 200)}`,
      tryThis: 'Read the manifest under Signalling. Save the files with Dump and play them elsewhere.',
      fatal: true,
    })
  }

  #update(): void {
    if (this.#stop.signal.aborted) return
    const snapshot = this.#adapter?.snapshot() ?? null
    const nowMs = performance.now()
    if (snapshot !== null && snapshot.phase !== 'stalled' && snapshot.phase !== 'loading') this.#waitingSinceMs = null
    else this.#waitingSinceMs ??= nowMs
    const waitedMs = this.#waitingSinceMs === null ? 0 : nowMs - this.#waitingSinceMs
    const stopped = this.#problem?.fatal === true ? this.#problem.message : null
    this.#picture.problem(stopped ?? waitText(snapshot, waitedMs))
    this.#onState({ snapshot, problem: this.#problem, waitedMs })
  }
}

/** The gateway's refusal of the manifest; null: it serves the manifest. */
async function refusalOf(url: string, signal: AbortSignal): Promise<PlayerProblem | null> {
  const tryThis = 'Wait until the manifest is received, then play again.'
  try {
    const answer = await fetch(url, { signal, cache: 'no-store' })
    if (answer.ok) {
      await answer.body?.cancel()
      return null
    }
    const message = refusalText(answer.status, answer.statusText, await answer.text())
    return { kind: 'manifest', message, tryThis, fatal: true }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      kind: 'manifest',
      message: `The gateway at ${url} cannot be reached: ${reason}.`,
      tryThis: 'Read the messages of the gateway under Log. If it has stopped, reopen the session.',
      fatal: true,
    }
  }
}
