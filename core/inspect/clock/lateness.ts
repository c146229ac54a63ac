/** When players may ask for a segment, by its manifest. */
export type Availability = {
  /** Of the whole segment, on the sender's clock. */
  readonly availabilityUs: number
  readonly durationUs: number
  /** How much earlier its first part is available (availabilityTimeOffset of low latency). */
  readonly earlyUs: number
}

/** Arrival of a segment, stream time. */
type Arrival = { readonly firstTimeUs: number; readonly lastTimeUs: number }

/** Distance between arrival and availability that shows another clock, or a recording that is sent again, µs. */
export const SAME_CLOCK_US = 60_000_000

/**
 * How much later than its availability a segment was there, µs; less than 0: in time. In low latency its first part counts,
 * and the whole once it is late by more than its own duration. Null where manifest and stream have different clocks.
 * @param shiftUs stream time less the time of the capture
 */
export function segmentLatenessUs(arrival: Arrival, availability: Availability, shiftUs: number): number | null {
  const { availabilityUs, durationUs, earlyUs } = availability
  const wholeUs = arrival.lastTimeUs - shiftUs - availabilityUs
  if (Math.abs(wholeUs) > SAME_CLOCK_US) return null
  if (earlyUs === 0) return wholeUs
  const partUs = arrival.firstTimeUs - shiftUs - (availabilityUs - earlyUs)
  return wholeUs > durationUs ? Math.max(partUs, wholeUs) : partUs
}
