import { BoundedMap } from '../../flow/bounded-map.ts'

/** Presentation times remembered for one asset: a day of one-second MPUs. */
const MAX_TIMES = 1 << 17

/** Presentation times of an asset's MPUs, from MPU_timestamp_descriptors. */
export class MpuTimes {
  readonly #times = new BoundedMap<number, number>(MAX_TIMES)

  set(mpuSequence: number, timeUs: number): void {
    this.#times.set(mpuSequence, timeUs)
  }

  /** UNIX µs on the sender's clock; null where unknown. */
  get(mpuSequence: number): number | null {
    return this.#times.get(mpuSequence) ?? null
  }
}
