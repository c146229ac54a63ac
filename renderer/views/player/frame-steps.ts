/*
 * Steps from picture to picture of what is paused, and the time code of the one that is shown.
 */

/** Until two pictures in a row were shown, seconds. */
const USUAL_FRAME_S = 1 / 25
const LONGEST_FRAME_S = 1

/** The part of a video element that is used. */
export type SteppedVideo = Pick<
  HTMLVideoElement,
  | 'currentTime'
  | 'paused'
  | 'pause'
  | 'requestVideoFrameCallback'
  | 'cancelVideoFrameCallback'
  | 'getVideoPlaybackQuality'
  | 'addEventListener'
  | 'removeEventListener'
>

/** Watches the pictures of a video. */
export class FrameSteps {
  readonly #video: SteppedVideo
  #callback = 0
  /** Of the picture that is shown, media seconds; null: none was. */
  #shownS: number | null = null
  #presented = 0
  /** Pictures that were decoded and not shown, by the picture that is shown. */
  #dropped = 0
  /** The picture that is shown was played to, and the next one follows it unless something is sought. */
  #played = false
  #frameS: number | null = null
  #stepped = false

  constructor(video: SteppedVideo) {
    this.#video = video
    video.addEventListener('seeking', this.#sought)
    this.#watch()
  }

  /** Start of the picture that is shown, media seconds; null before the first. */
  get shownS(): number | null {
    return this.#shownS
  }

  /** Duration of a picture, seconds. */
  get frameS(): number {
    return this.#frameS ?? USUAL_FRAME_S
  }

  /** A single picture is looked at. */
  get stepping(): boolean {
    return this.#stepped && this.#video.paused
  }

  /** Pauses, and shows the next picture (1) or the one before (-1). */
  step(direction: 1 | -1): void {
    if (!this.#video.paused) this.#video.pause()
    this.#stepped = true
    const from = this.#shownS ?? this.#video.currentTime
    // The middle of a picture is beyond rounding.
    this.#video.currentTime = Math.max(0, from + (direction + 0.5) * this.frameS)
  }

  close(): void {
    this.#video.removeEventListener('seeking', this.#sought)
    this.#video.cancelVideoFrameCallback?.(this.#callback)
  }

  readonly #sought = (): void => {
    this.#played = false
  }

  #watch(): void {
    this.#callback =
      this.#video.requestVideoFrameCallback?.((_, { mediaTime, presentedFrames }) => {
        const { paused } = this.#video
        const dropped = this.#video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0
        const seconds = mediaTime - (this.#shownS ?? Number.NaN)
        // Between two pictures of which one was sought, or where one was dropped, others lie.
        const follows = this.#played && !paused && presentedFrames - this.#presented === 1 && dropped === this.#dropped
        if (follows && seconds > 0 && seconds < LONGEST_FRAME_S)
          this.#frameS = Math.min(this.#frameS ?? LONGEST_FRAME_S, seconds)
        this.#shownS = mediaTime
        if (!paused) this.#stepped = false
        this.#presented = presentedFrames
        this.#dropped = dropped
        this.#played = !paused
        this.#watch()
      }) ?? 0
  }
}

/** `0:01:02:03`, the last number counting pictures within the second. @param frameS duration of a picture */
export function timeCode(seconds: number, frameS: number): string {
  const rate = Math.max(1, Math.round(1 / frameS))
  // A picture begins a little before or after the second that it belongs to.
  const at = Math.max(0, seconds) + frameS / 4
  const whole = Math.floor(at)
  const frame = Math.min(rate - 1, Math.floor((at - whole) * rate))
  const parts = [Math.floor(whole / 60) % 60, whole % 60, frame].map((part) => String(part).padStart(2, '0'))
  return [Math.floor(whole / 3600), ...parts].join(':')
}
