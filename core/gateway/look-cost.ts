/** Time over which the cost is told, ms. */
const SPAN_MS = 15_000

/** How much of the time runs of ffmpeg took: each has one thread, so that it is the share of one core that they take at most. */
export class CostMeter {
  #runs: { readonly endedMs: number; readonly tookMs: number }[] = []
  #sinceMs = 0

  /** Takes a run that ended now. */
  ran(nowMs: number, tookMs: number): void {
    this.#runs = this.#runs.filter(({ endedMs }) => nowMs - endedMs < SPAN_MS)
    if (this.#runs.length === 0) this.#sinceMs = nowMs - tookMs
    this.#runs.push({ endedMs: nowMs, tookMs })
  }

  /** Share of one core of late, in hundredths; null: nothing ran. */
  share(nowMs: number): number | null {
    const late = this.#runs.filter(({ endedMs }) => nowMs - endedMs < SPAN_MS)
    if (late.length === 0) return null
    const spanMs = Math.min(SPAN_MS, Math.max(1, nowMs - this.#sinceMs))
    const tookMs = late.reduce((sum, each) => sum + each.tookMs, 0)
    return Math.min(1, Math.round((100 * tookMs) / spanMs) / 100)
  }
}
