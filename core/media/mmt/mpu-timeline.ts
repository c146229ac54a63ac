import type { MpuTiming } from './mpu-segment.ts'

/** An MPU whose time is further from its arrival than others of its service were belongs to another count of time, µs. */
const MAX_DRIFT_US = 5_000_000
/** Ends and beginnings so close belong together: senders round times, µs. */
const CONTINUOUS_US = 5_000
/** Media time of the first MPU, so that decode times before it are not negative, µs. */
const FIRST_US = 10_000_000
/** Counts of time that are remembered; a looped capture begins one with every turn. */
const MAX_EPOCHS = 8

/** Where an MPU stands on the time line of its presentation. */
export type PlacedMpu = {
  readonly sequence: number
  /** Of its first sample in order of presentation, ticks. */
  readonly time: number
  readonly duration: number
  /** Of its first sample in order of decoding, ticks. */
  readonly decodeTime: number
}

/**
 * One continuous time line for the MPUs of a service. The sender's presentation times keep its assets together; when MPUs
 * arrive says where on the time line they are, since the sender's clock may be any, and may jump.
 */
export class MpuTimeline {
  /** Arrival time at which media time is 0, µs; null before the first MPU. */
  #originUs: number | null = null
  /** Sender's time less arrival time, one for each count of time, newest last. */
  readonly #epochs: number[] = []

  get originUs(): number | null {
    return this.#originUs
  }

  /** Media time of an MPU, µs. @param timeUs as the sender says; null: unknown, then as it arrived */
  mediaUs(timeUs: number | null, arrivalUs: number): number {
    // Whole seconds, so that the start of the presentation can be written exactly.
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
   * Finds the place of an MPU; what touches its neighbours is joined to them.
   * @returns null where another MPU has that time already
   */
  place(sequence: number, timeUs: number | null, arrivalUs: number, timing: MpuTiming): PlacedMpu | null {
    const { timescale, duration, firstPresentation } = timing
    if (timescale === 0 || duration === 0) return null
    const last = this.mpus.at(-1)
    const missed = last === undefined ? 0 : sequence - last.sequence - 1
    let time: number
    // Without times, MPUs follow one another as their numbers do.
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

  /** Drops those of which `keep` says no. @returns how many went from the beginning */
  retain(keep: (mpu: Mpu) => boolean): number {
    const kept = this.mpus.filter(keep)
    if (kept.length === this.mpus.length) return 0
    const front = kept[0] === undefined ? this.mpus.length : this.mpus.indexOf(kept[0])
    for (const mpu of this.mpus) if (!keep(mpu)) this.#byTime.delete(mpu.time)
    this.mpus.splice(0, this.mpus.length, ...kept)
    return front
  }
}
