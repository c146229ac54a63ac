/** A half-open range of missing bytes `[from, to)`. */
export type Hole = readonly [number, number]

/**
 * The first hole that ends after `at`, or null.
 * @param holes in order, disjoint
 */
export function nextHole(holes: readonly Hole[], at: number): Hole | null {
  let low = 0
  let high = holes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((holes[middle] as Hole)[1] <= at) low = middle + 1
    else high = middle
  }
  return holes[low] ?? null
}

/** True where no byte of `[from, to)` is missing. */
export function isWhole(holes: readonly Hole[], from: number, to: number): boolean {
  const hole = nextHole(holes, from)
  return hole === null || hole[0] >= to
}
