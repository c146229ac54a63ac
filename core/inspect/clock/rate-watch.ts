/** The mean is that of so many samples of a second. */
const MEAN_S = 60
const SAMPLE_US = 1_000_000
/** A longer time between two samples is no minute of which there is a mean. */
const GAP_US = 5_000_000
/** Least window that is compared with the mean: so many seconds, and segments. */
const WINDOW_S = 10
const WINDOW_SEGMENTS = 5
/** Shares of the mean: beyond them a rate has changed, and within the others it is the usual one again. */
const DROP = { below: 0.5, above: 2 } as const
const USUAL = { above: 0.6, below: 1.7 } as const
/** Lower rates change by a packet, bit/s. */
const LEAST_BPS = 16_000

/** A rate that is no longer that of the last minute, bit/s. */
export type RateChange = { readonly bps: number; readonly meanBps: number; readonly windowUs: number }

/** Compares a channel's rate of the last few segments with that of the last minute. */
export class RateWatch {
  /** The last samples, oldest first: time that passed, and bytes so far. */
  readonly #samples: { readonly timeUs: number; readonly bytes: number }[] = []
  #changed = false

  /** Begins a new minute: after a silence there is no mean. */
  forget(): void {
    this.#samples.length = 0
  }

  /** @returns a change, once for each */
  look(bytes: number, timeUs: number, segmentUs: number): RateChange | null {
    const samples = this.#samples
    const last = samples.at(-1)
    const elapsedUs = last === undefined ? SAMPLE_US : timeUs - last.timeUs
    if (elapsedUs >= 0 && elapsedUs < SAMPLE_US) return null
    if (elapsedUs < 0 || elapsedUs > GAP_US) this.forget()
    samples.push({ timeUs, bytes })
    if (samples.length > MEAN_S + 1) samples.shift()
    if (samples.length <= MEAN_S) return null
    const windowS = Math.min(MEAN_S / 2, Math.max(WINDOW_S, Math.ceil((WINDOW_SEGMENTS * segmentUs) / SAMPLE_US)))
    const meanBps = rateOf(samples, MEAN_S)
    const bps = rateOf(samples, windowS)
    if (meanBps < LEAST_BPS) return null
    const share = bps / meanBps
    if (this.#changed) {
      this.#changed = share < USUAL.above || share > USUAL.below
      return null
    }
    this.#changed = share < DROP.below || share > DROP.above
    return this.#changed ? { bps, meanBps, windowUs: windowS * SAMPLE_US } : null
  }
}

/** Mean over the last `count` samples, bit/s. */
function rateOf(samples: readonly { readonly timeUs: number; readonly bytes: number }[], count: number): number {
  const to = samples.at(-1)
  const from = samples.at(-1 - count)
  if (to === undefined || from === undefined || to.timeUs <= from.timeUs) return 0
  return ((to.bytes - from.bytes) * 8e6) / (to.timeUs - from.timeUs)
}
