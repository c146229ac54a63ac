import { setFlagsFromString } from 'node:v8'

/** Growth of the heap between two collections, percent of what lives. */
const GROWTH_PERCENT = 100

/**
 * Collects garbage before the heap is twice what lives: by itself V8 lets it grow to three or four times that, and a hostile
 * capture leaves as much garbage as it can. What arrives in order is kept outside this heap, and costs no more collections.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
