import type { PictureSnapshot } from '../../../core/contract/service-snapshot.ts'

const NOTHING: PictureSnapshot = { decodedAfterMs: null, shownAfterMs: null, soundOnly: false, problem: null }

/** Tells how far playing came: the first picture or sound decoded, the first picture on the screen, and what is wrong since. */
export class PictureWatch {
  readonly #tell: (picture: PictureSnapshot) => void
  readonly #stop = new AbortController()
  readonly #begunMs = performance.now()
  #picture = NOTHING

  constructor(video: HTMLVideoElement, tell: (picture: PictureSnapshot) => void) {
    this.#tell = tell
    const { signal } = this.#stop
    // Data of the current position is there once it is decoded.
    const decoded = (): void =>
      this.#change({
        decodedAfterMs: this.#picture.decodedAfterMs ?? this.#afterMs(),
        soundOnly: video.videoWidth === 0,
      })
    video.addEventListener('loadeddata', decoded, { signal })
    video.addEventListener('resize', decoded, { signal })
    video.requestVideoFrameCallback?.(() => {
      if (!signal.aborted) this.#change({ shownAfterMs: this.#afterMs() })
    })
    tell(NOTHING)
  }

  /** Why nothing more is decoded; null while it plays or loads. */
  problem(text: string | null): void {
    this.#change({ problem: text })
  }

  close(): void {
    this.#stop.abort()
  }

  #afterMs(): number {
    return Math.round(performance.now() - this.#begunMs)
  }

  #change(change: Partial<PictureSnapshot>): void {
    const changed = { ...this.#picture, ...change }
    const same = (Object.keys(changed) as (keyof PictureSnapshot)[]).every((key) => changed[key] === this.#picture[key])
    if (same || this.#stop.signal.aborted) return
    this.#picture = changed
    this.#tell(changed)
  }
}
