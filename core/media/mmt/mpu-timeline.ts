import type { MpuTiming } from './mpu-segment.ts'

/** Largest difference between time and arrival of an MPU and those of its service, µs; beyond it the MPU starts a new epoch. */
const MAX_DRIFT_US = 5_000_000
/** Ends and starts this close are continuous, because senders round times, µs. */
const CONTINUOUS_US = 5_000
/** Media time of the first MPU, so that earlier decode times are not negative, µs. */
const FIRST_US = 10_000_000
/** Epochs kept; a looped capture starts one with every turn. */
const MAX_EPOCHS = 8

/** Position of an MPU on the time line of its presentation. */
export type PlacedMpu = {
  readonly sequence: number
  /** Time of its first sample in presentation order, ticks. */
  readonly time: number
  readonly duration: number
  /** Time of its first sample in decoding order, ticks. */
  readonly decodeTime: number
}

/**
 * One continuous time line for the MPUs of a service. The sender's presentation times synchronise its assets; arrival times
 * place them on the time line, because the sender's clock is arbitrary and may jump.
 */
export class MpuTimeline {
  /** Arrival time at which media time is 0, µs; null before the first MPU. */
  #originUs: number | null = null
  /** Sender's time minus arrival time of each epoch, newest last. */
  readonly #epochs: number[] = []

  get originUs(): number | null {
    return this.#originUs
  }

  /** Media time of an MPU, µs. @param timeUs as sent; null: unknown, then its arrival counts */
  mediaUs(timeUs: number | null, arrivalUs: number): number {
    // Whole seconds, so that the start of the presentation is exact in text.
    this.#originUs ??= Math.floor((arrivalUs - FIRST_US) / 1e6) * 1e6
    if (timeUs === null) return arrivalUs - this.#originUs
    const lead = timeUs - arrivalUs
    let epoch = this.#epochs.find((each) => Math.abs(lead - each) <= MAX_DRIFT_US)
    if (epoch === undefined) {
      epoch = lead
      this.#epochs.push(epoch)
      if (this.#epochs.length > MAX_EPOCHS) this.#epochs.shift()
    }
    return timeUs - epoch - this.#originUs
  }
}

/** The MPUs of one asset on the time line, in order. */
export class MpuLane<Mpu extends PlacedMpu> {
  readonly mpus: Mpu[] = []
  readonly #timeline: MpuTimeline
  readonly #byTime = new Map<number, Mpu>()

  constructor(timeline: MpuTimeline) {
    this.#timeline = timeline
  }

  at(time: number): Mpu | null {
    return this.#byTime.get(time) ?? null
  }

  /**
   * Places an MPU; adjacent ones are joined.
   * @returns null where another MPU already has that time
   */
  place(sequence: number, timeUs: number | null, arrivalUs: number, timing: MpuTiming): PlacedMpu | null {
    const { timescale, duration, firstPresentation } = timing
    if (timescale === 0 || duration === 0) return null
    const last = this.mpus.at(-1)
    const missed = last === undefined ? 0 : sequence - last.sequence - 1
    let time: number
    // MPUs without times are consecutive by number.
    if (timeUs === null && last !== undefined && missed >= 0 && missed < 64)
      time = last.time + last.duration + missed * duration
    else time = Math.round((this.#timeline.mediaUs(timeUs, arrivalUs) / 1e6) * timescale)
    let at = this.mpus.length
    while (at > 0 && (this.mpus[at - 1] as Mpu).time > time) at--
    const before = this.mpus[at - 1]
    const after = this.mpus[at]
    const close = (CONTINUOUS_US / 1e6) * timescale
    if (before !== undefined) {
      const end = before.time + before.duration
      if (end - time > duration / 2) return null
      if (time < end + close) time = end
    }
    let lasts = duration
    if (after !== undefined) {
      if (time + duration - after.time > duration / 2) return null
      if (time + duration > after.time - close) lasts = after.time - time
    }
    return { sequence, time, duration: lasts, decodeTime: Math.max(0, time - firstPresentation) }
  }

  add(mpu: Mpu): void {
    let at = this.mpus.length
    while (at > 0 && (this.mpus[at - 1] as Mpu).time > mpu.time) at--
    this.mpus.splice(at, 0, mpu)
    this.#byTime.set(mpu.time, mpu)
  }

  /** Drops MPUs for which `keep` returns false. @returns the number dropped from the start */
  retain(keep: (mpu: Mpu) => boolean): number {
    const kept = this.mpus.filter(keep)
    if (kept.length === this.mpus.length) return 0
    const front = kept[0] === undefined ? this.mpus.length : this.mpus.indexOf(kept[0])
    for (const mpu of this.mpus) if (!keep(mpu)) this.#byTime.delete(mpu.time)
    this.mpus.splice(0, this.mpus.length, ...kept)
    return front
  }
}
