import type { PlayableSnapshot } from '../../../core/contract/snapshot.ts'
import { createDashAdapter } from './dash-adapter.ts'
import { createHlsAdapter } from './hls-adapter.ts'
import type { PlayerAdapter, PlayerProblem, PlayerSnapshot } from './player-adapter.ts'
import { refusalText } from './player-model.ts'

const SNAPSHOT_MS = 250

export type PlaybackState = {
  readonly snapshot: PlayerSnapshot | null
  readonly problem: PlayerProblem | null
  /** How long it has been standing still for want of segments, ms. */
  readonly stalledMs: number
}

/**
 * One go at playing one address: asks the gateway for the manifest first, so that its own words are at hand when there is
 * none, then makes the adapter. Tells its state four times a second and when the video element changes; nothing after `close`.
 */
export class Playback {
  readonly #video: HTMLVideoElement
  readonly #tell: (state: PlaybackState) => void
  readonly #playable: PlayableSnapshot
  readonly #stop = new AbortController()
  /** Set on the second try: some low-latency streams can only be played by whole segments. */
  #wholeSegments = false
  #adapter: PlayerAdapter | null = null
  #problem: PlayerProblem | null = null
  #stalledSinceMs: number | null = null
  readonly #timer: ReturnType<typeof setInterval>

  constructor(video: HTMLVideoElement, playable: PlayableSnapshot, tell: (state: PlaybackState) => void) {
    this.#video = video
    this.#tell = tell
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
    // Refused only where the page may not start sound by itself, which a key or click just allowed.
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
    // The element outlives the playback, without its last picture.
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
        // What an adapter that was given up says on its way out is of no interest.
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
        tryThis: 'Press play again; if it stays so, open the session anew.',
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
      // The library is in the midst of telling of its failure: taken down now, it would trip over itself.
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
    this.#tell({ snapshot, problem: this.#problem, stalledMs })
  }
}

/** What is wrong with the manifest's address; null where it answers. */
async function refusalOf(url: string, signal: AbortSignal): Promise<PlayerProblem | null> {
  const tryThis = 'Wait until the manifest has been received, then play again.'
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
      tryThis: 'Look under Log for what the gateway says; open the session again if it has stopped.',
      fatal: true,
    }
  }
}
