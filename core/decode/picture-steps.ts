/*
 * Sizes and rates of decoded pictures, from the best to what the slowest machine makes, and the choice among them by measured speed.
 */

/** One size and rate. */
export type PictureStep = {
  /** Lines at most; a smaller picture keeps its size. */
  readonly height: number
  /** Pictures per second at most; null: key frames only. */
  readonly framesPerS: number | null
  /** Leaves out the loop filter, which costs a tenth of decoding, and some sharpness. */
  readonly rough: boolean
}

/** From the best to the cheapest. */
export const PICTURE_STEPS: readonly PictureStep[] = [
  { height: 1080, framesPerS: 60, rough: false },
  { height: 720, framesPerS: 60, rough: false },
  { height: 540, framesPerS: 60, rough: false },
  { height: 540, framesPerS: 30, rough: false },
  { height: 360, framesPerS: 30, rough: false },
  { height: 360, framesPerS: 30, rough: true },
  { height: 240, framesPerS: null, rough: true },
]

/** Step to begin with, by the number of processors. */
const FIRST_STEPS: readonly (readonly [processors: number, step: number])[] = [
  [12, 1],
  [6, 2],
  [3, 3],
]
const MODEST_STEP = 4
/** Below it a player runs out of pictures: at once, and where two segments in a row were as slow. */
const FAR_TOO_SLOW = 0.7
const TOO_SLOW = 1
/** From it a better step is tried. */
const HAS_ROOM = 2.6
/** So many segments in a row must have room. */
const PROOFS = 3
/** A step that was too much is tried again after so many segments. */
const RETRY_AFTER = 60

/** Chooses the step of the next segment by the speed of those before: down soon, up when there is room for a while. */
export class PicturePace {
  #step: number
  #slow = 0
  #roomy = 0
  /** Best step that may be tried. */
  #best = 0
  #untilRetry = 0

  constructor(processors: number) {
    this.#step = FIRST_STEPS.find(([least]) => processors >= least)?.[1] ?? MODEST_STEP
  }

  get step(): PictureStep {
    return PICTURE_STEPS[this.#step] as PictureStep
  }

  /** @param speed media time made per time spent @param step that made it, since several segments may be under way */
  made(speed: number, step: PictureStep): void {
    if (this.#untilRetry > 0 && --this.#untilRetry === 0) this.#best = 0
    // What an earlier step needed tells nothing of this one.
    if (step !== this.step || !(speed > 0)) return
    this.#slow = speed < TOO_SLOW ? this.#slow + 1 : 0
    this.#roomy = speed >= HAS_ROOM ? this.#roomy + 1 : 0
    if (speed < FAR_TOO_SLOW || this.#slow > 1) this.#lower()
    if (this.#roomy < PROOFS || this.#step <= this.#best) return
    this.#step--
    this.#roomy = 0
  }

  #lower(): void {
    this.#slow = 0
    if (this.#step === PICTURE_STEPS.length - 1) return
    this.#step++
    this.#best = this.#step
    this.#untilRetry = RETRY_AFTER
  }
}

/** Of so many pictures one is kept, so that no more than `most` per second remain. */
export function keptOneOf(framesPerS: number | null, most: number): number {
  return framesPerS === null ? 1 : Math.max(1, Math.ceil(framesPerS / most - 0.02))
}
