import type { SeenStretch } from '../flow/findings.ts'

/** Looks further apart than this tell nothing of what was between them, µs. */
const MAX_APART_US = 20_000_000

/** Follows one fact from look to look: since when it is so. */
export class SeenStretches {
  #stretch: { fromUs: number; untilUs: number | null } | null = null
  #lastUs = 0

  /** Beginning of the stretch that lasts, stream time, µs; null: it is not so. */
  get sinceUs(): number | null {
    return this.#stretch?.fromUs ?? null
  }

  /**
   * Takes what a look at the segment that begins at `timeUs` told.
   * @param fromUs since when it is so, where it is: of the look before, for a comparison with it
   * @returns the stretch that lasts, or that is over with this look; null where there is none
   */
  look(
    isSo: boolean,
    timeUs: number,
    fromUs = timeUs,
  ): { readonly stretch: SeenStretch; readonly over: boolean } | null {
    const apart = timeUs - this.#lastUs
    this.#lastUs = timeUs
    // What went back in time, or was not looked at for a while, begins again.
    if (apart < 0 || apart > MAX_APART_US) this.#stretch = null
    const before = this.#stretch
    if (isSo) {
      this.#stretch = before ?? { fromUs, untilUs: null }
      return { stretch: this.#stretch, over: false }
    }
    this.#stretch = null
    if (before === null) return null
    before.untilUs = timeUs
    return { stretch: before, over: true }
  }
}
