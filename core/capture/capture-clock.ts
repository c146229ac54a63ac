/** Gaps longer than this are shortened to GAP_LEFT_US in `real` pace. */
const MAX_GAP_US = 5_000_000
const GAP_LEFT_US = 1_000_000
/** Smaller steps back are disorder of several interfaces and count as no step. */
const DISORDER_US = 1_000_000
/** A step forward beyond this inside one file is a damaged time stamp. */
const LEAP_US = 86_400_000_000
/** A gap of this length is told: nothing was received, or the clock was set. */
const LONG_GAP_US = 600_000_000
/** Playing that falls behind by more continues from now instead of catching up in a burst. */
const MAX_LATE_US = 5_000_000

/** Events of the clock besides following the capture. */
export interface ClockEvents {
  gapShortened(gapUs: number): void
  /** From stream time `fromUs` on, `byUs` more passed than the stream shows; less than 0: the stream jumped ahead. */
  skipped(fromUs: number, byUs: number): void
  /** The capture's time jumped and the stream's did not. */
  jumped(byUs: number): void
  /** The next packet is this much later, and the stream's time with it. */
  leapt(byUs: number): void
  /** Playing was this late and goes on from now. */
  late(byUs: number): void
}

/** Converts capture time to stream time, which never goes backwards. `stamp` may be called again for a record not accepted. */
export class CaptureClock {
  /** Wall clock, for `real` pace; the reader sets it before each batch. */
  nowUs = 0
  /** Stream time of the last accepted record; -1 before the first. */
  lastUs = -1
  /** Capture times of the first pass, for the summary. */
  firstCaptureUs = -1
  lastCaptureUs = -1
  #shiftUs = 0
  /** Shift of regular time stamps. */
  #homeUs = 0
  /** Stream time of the next record, -1 where it follows from the shift. */
  #anchorUs = -1
  #newFile = true
  readonly #real: boolean
  readonly #events: ClockEvents
  #passFirstUs = -1
  #passRecords = 0

  constructor(real: boolean, events: ClockEvents) {
    this.#real = real
    this.#events = events
  }

  /** Stream time less capture time now, µs. */
  get shiftUs(): number {
    return this.#shiftUs
  }

  /** Announces that the next record is from another file: its time may be anything later. */
  nextFile(): void {
    this.#newFile = true
  }

  /** Announces that the next record is the first again: time advances by the mean gap. */
  nextPass(): void {
    const span = this.lastUs - this.#passFirstUs
    const meanGap = this.#passRecords > 1 ? Math.max(1000, Math.round(span / (this.#passRecords - 1))) : 1_000_000
    this.#anchorUs = Math.max(0, this.lastUs) + meanGap
    this.#newFile = true
    this.#passFirstUs = -1
    this.#passRecords = 0
  }

  /** Stream time of a record with this capture time, or of an untimed one (-1). */
  stamp(captureUs: number): number {
    if (captureUs < 0) return this.#untimed()
    if (this.#anchorUs >= 0 || this.lastUs < 0) this.#anchor(captureUs)
    const last = this.lastUs
    let streamUs = captureUs + this.#shiftUs
    if (last < 0) return streamUs
    const step = streamUs - last
    if (step < 0) {
      if (step > -DISORDER_US) return last
      this.#jump(captureUs, step)
      streamUs = Math.max(last, captureUs + this.#shiftUs)
    } else if (this.#real && step > MAX_GAP_US) {
      this.#shiftUs -= step - GAP_LEFT_US
      this.#homeUs = this.#shiftUs
      this.#events.gapShortened(step)
      this.#events.skipped(last + 1, step - GAP_LEFT_US)
      streamUs = last + GAP_LEFT_US
    } else if (step > LEAP_US && !this.#newFile) {
      this.#jump(captureUs, step)
      streamUs = Math.max(last, captureUs + this.#shiftUs)
    } else if (step > LONG_GAP_US && !this.#newFile) {
      this.#events.leapt(step)
    }
    return this.#real ? this.#notTooLate(streamUs) : streamUs
  }

  /** Accepts the record of the last `stamp`. */
  accept(captureUs: number, streamUs: number): void {
    this.lastUs = streamUs
    this.#passRecords++
    if (this.#passFirstUs < 0) this.#passFirstUs = streamUs
    if (captureUs < 0) return
    this.#newFile = false
    if (this.firstCaptureUs < 0) this.firstCaptureUs = captureUs
    const odd = Math.abs(captureUs + this.#homeUs - streamUs) > DISORDER_US
    if (captureUs > this.lastCaptureUs && !odd) this.lastCaptureUs = captureUs
  }

  /** Packets without a time have the time of the packet before. */
  #untimed(): number {
    if (this.#anchorUs >= 0) return this.#anchorUs
    if (this.lastUs >= 0) return this.lastUs
    return this.#real ? this.nowUs : 0
  }

  #anchor(captureUs: number): void {
    const at = this.#anchorUs >= 0 ? this.#anchorUs : this.#real ? this.nowUs : captureUs
    this.#shiftUs = at - captureUs
    this.#homeUs = this.#shiftUs
    this.#anchorUs = -1
  }

  /** Handles a time stamp that does not follow: keeps the stream time, or returns to the usual shift where that fits again. */
  #jump(captureUs: number, step: number): void {
    const home = captureUs + this.#homeUs - this.lastUs
    if (home > -DISORDER_US && home < LEAP_US) {
      this.#shiftUs = this.#homeUs
      return
    }
    this.#shiftUs = this.lastUs - captureUs
    if (this.#newFile) this.#homeUs = this.#shiftUs
    this.#events.jumped(step)
  }

  #notTooLate(streamUs: number): number {
    const late = this.nowUs - streamUs
    if (late <= MAX_LATE_US) return streamUs
    this.#shiftUs += late
    this.#homeUs = this.#shiftUs
    this.#events.late(late)
    if (this.lastUs >= 0) this.#events.skipped(this.lastUs + 1, -late)
    return streamUs + late
  }
}
