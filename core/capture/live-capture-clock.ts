/** A capture's clock at most this far behind ours counts as ours; the difference is the delay of the bytes. */
const SAME_CLOCK_US = 2_000_000
/** Readings of one clock differ by as much. */
const SLACK_US = 5_000
/** Records later than this show a step of the capture's clock, or a reader that fell behind: time continues from now. */
const MAX_LATE_US = 5_000_000
/** Records ahead of now by more show a step of the capture's clock. */
const STEP_US = 1_000_000
/** Length of the stretches over which delays are measured. */
const STRETCH_US = 10_000_000
/** A different clock that falls behind by more over a stretch runs slower than ours. */
const DRIFT_US = 50_000
/** Assumed delay of records before it was measured: capture programs write in batches. */
const FIRST_LATE_US = 300_000

/** Events of a live clock. */
export interface LiveClockEvents {
  /** The capture's time stepped by this much against ours, and the stream's did not. */
  stepped(byUs: number): void
}

/**
 * Stream time of a live capture. It keeps the spacing of records, and a record is never later than now: the clock of the
 * capturing computer is used where it agrees with ours, else it is shifted so that its most punctual record is now. Time
 * between records stays behind by the records' delay, so that none is late.
 */
export class LiveCaptureClock {
  /** Stream time of the last record or tick, which never goes backwards; -1 before the first. */
  lastUs = -1
  /** Capture times, for the summary; -1 before the first. */
  firstCaptureUs = -1
  readonly #events: LiveClockEvents
  #anchored = false
  /** Added to the capture's time. */
  #shiftUs = 0
  #stretchStartUs = 0
  /** Least delays of this stretch and of the one before. */
  #leastLateUs = Number.POSITIVE_INFINITY
  #mostLateUs = 0
  #mostLateBeforeUs = FIRST_LATE_US

  constructor(events: LiveClockEvents) {
    this.#events = events
  }

  /** Added to capture time to get stream time, µs. */
  get shiftUs(): number {
    return this.#shiftUs
  }

  /** Announces a record of another connection or program, which may have another clock. */
  restart(): void {
    this.#anchored = false
  }

  /** Stream time of a record that is read at `nowUs`; records without a time (-1) are now. */
  stamp(captureUs: number, nowUs: number): number {
    if (captureUs < 0) return this.#advance(nowUs)
    if (!this.#anchored) this.#anchor(captureUs, nowUs)
    if (this.firstCaptureUs < 0) this.firstCaptureUs = captureUs
    let streamUs = captureUs + this.#shiftUs
    if (streamUs > nowUs) {
      if (streamUs - nowUs > STEP_US) this.#events.stepped(streamUs - nowUs)
      if (streamUs - nowUs > SLACK_US) this.#shiftUs -= streamUs - nowUs
      streamUs = nowUs
    }
    let lateUs = nowUs - streamUs
    if (lateUs > MAX_LATE_US) {
      this.#events.stepped(-lateUs)
      this.#shiftUs += lateUs
      lateUs = 0
    }
    this.#watch(lateUs, nowUs)
    return this.#advance(nowUs - lateUs)
  }

  /** How far a record is ahead of `nowUs`, µs; 0 or less for a record to be read now. */
  ahead(captureUs: number, nowUs: number): number {
    return this.#anchored && captureUs >= 0 ? captureUs + this.#shiftUs - nowUs : 0
  }

  /** Stream time that has passed at `nowUs`. */
  passed(nowUs: number): number {
    return this.#advance(nowUs - Math.max(this.#mostLateUs, this.#mostLateBeforeUs))
  }

  #advance(streamUs: number): number {
    if (streamUs > this.lastUs) this.lastUs = streamUs
    return this.lastUs
  }

  #anchor(captureUs: number, nowUs: number): void {
    this.#anchored = true
    const lateUs = nowUs - captureUs
    this.#shiftUs = lateUs >= -SLACK_US && lateUs <= SAME_CLOCK_US ? 0 : lateUs
    this.#stretchStartUs = nowUs
    this.#leastLateUs = Number.POSITIVE_INFINITY
  }

  #watch(lateUs: number, nowUs: number): void {
    if (lateUs < this.#leastLateUs) this.#leastLateUs = lateUs
    if (lateUs > this.#mostLateUs) this.#mostLateUs = lateUs
    if (nowUs - this.#stretchStartUs < STRETCH_US) return
    if (this.#leastLateUs > (this.#shiftUs === 0 ? SAME_CLOCK_US : DRIFT_US)) this.#shiftUs += this.#leastLateUs
    this.#begin(nowUs)
  }

  #begin(nowUs: number): void {
    this.#stretchStartUs = nowUs
    this.#mostLateBeforeUs = this.#mostLateUs
    this.#mostLateUs = 0
    this.#leastLateUs = Number.POSITIVE_INFINITY
  }
}
