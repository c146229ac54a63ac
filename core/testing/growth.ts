/** Processor time of this process for `run`, ms: unlike wall time, little of it is that of other programs. */
function processorMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Times measured again, since a single one may have a garbage collection. */
const TRIES = 6

/** How the cost of something grows from one size to `times` that size: the cheapest of some tries, ms. */
export type Growth = { readonly smallMs: number; readonly largeMs: number; readonly ratio: number }

/** Measures the growth of a cost. Linear is about `times`; quadratic its square. */
export function growthOf(small: () => void, large: () => void): Growth {
  let smallMs = Number.POSITIVE_INFINITY
  let largeMs = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < TRIES; turn++) {
    smallMs = Math.min(smallMs, processorMs(small))
    largeMs = Math.min(largeMs, processorMs(large))
    // Too little to be a matter.
    if (largeMs < NEGLIGIBLE_MS) break
  }
  // Clocks of processor time have steps: less than one is one.
  return { smallMs, largeMs, ratio: largeMs / Math.max(smallMs, STEP_MS) }
}

const NEGLIGIBLE_MS = 20
const STEP_MS = 1
