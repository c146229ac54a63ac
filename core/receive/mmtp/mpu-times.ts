/** Presentation times that are remembered for one asset: a day of one-second MPUs. */
const MAX_TIMES = 1 << 17

/** When the MPUs of an asset are presented, as MPU_timestamp_descriptors say. */
export class MpuTimes {
  readonly #times = new Map<number, number>()

  set(mpuSequence: number, timeUs: number): void {
    this.#times.delete(mpuSequence)
    this.#times.set(mpuSequence, timeUs)
    if (this.#times.size <= MAX_TIMES) return
    for (const oldest of this.#times.keys()) {
      this.#times.delete(oldest)
      break
    }
  }

  /** UNIX µs on the sender's clock; null where nothing was said. */
  get(mpuSequence: number): number | null {
    return this.#times.get(mpuSequence) ?? null
  }
}
