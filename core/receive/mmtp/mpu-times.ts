import { BoundedMap } from '../../flow/bounded-map.ts'

/** Presentation times that are remembered for one asset: a day of one-second MPUs. */
const MAX_TIMES = 1 << 17

/** When the MPUs of an asset are presented, as MPU_timestamp_descriptors say. */
export class MpuTimes {
  readonly #times = new BoundedMap<number, number>(MAX_TIMES)

  set(mpuSequence: number, timeUs: number): void {
    this.#times.set(mpuSequence, timeUs)
  }

  /** UNIX µs on the sender's clock; null where nothing was said. */
  get(mpuSequence: number): number | null {
    return this.#times.get(mpuSequence) ?? null
  }
}
