import type { PlayableSnapshot } from '../../../core/contract/snapshot.ts'
import { createDashAdapter } from './dash-adapter.ts'
import { createHlsAdapter } from './hls-adapter.ts'
import type { PlayerAdapter, PlayerProblem, PlayerSnapshot } from './player-adapter.ts'
import { refusalText } from './player-model.ts'

const SNAPSHOT_MS = 250

export type PlaybackState = {
  readonly snapshot: PlayerSnapshot | null
  readonly problem: PlayerProblem | null
  /** Duration of the current stall, ms. */
  readonly stalledMs: number
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
  #stalledSinceMs: number | null = null
  readonly #timer: ReturnType<typeof setInterval>

  constructor(
    video: HTMLVideoElement,
    playable: Pick<PlayableSnapshot, 'kind' | 'url'>,
    onState: (state: PlaybackState) => void,
  ) {
    this.#video = video
    this.#onState = onState
    this.#playable = playable
    void this.#start()
    const { signal } = this.#stop
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
    this.#problem = problem
    this.#update()
  }

  #update(): void {
    if (this.#stop.signal.aborted) return
    const snapshot = this.#adapter?.snapshot() ?? null
    const nowMs = performance.now()
    if (snapshot?.phase !== 'stalled') this.#stalledSinceMs = null
    else this.#stalledSinceMs ??= nowMs
    const stalledMs = this.#stalledSinceMs === null ? 0 : nowMs - this.#stalledSinceMs
    this.#onState({ snapshot, problem: this.#problem, stalledMs })
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
