/** One media segment of an asset: what an MPU became. */
export type MmtSegment = {
  /** Presentation time of its first sample on the time line of the presentation, ticks. */
  readonly time: number
  readonly duration: number
}

/** One asset of an MMT package as a presentation offers it. */
export type MmtLane = {
  /** `asset35`: the folder its segments are in. */
  readonly id: string
  readonly role: 'video' | 'audio' | 'text'
  /** RFC 6381. */
  readonly codecs: string
  readonly timescale: number
  readonly dimensions: { readonly width: number; readonly height: number } | null
  /** Measured, bit/s. */
  readonly bandwidthBps: number
  /** In order of time; they may leave gaps and do not overlap. */
  readonly segments: readonly MmtSegment[]
}

/** The service as a presentation: written anew whenever it is asked for. */
export type MmtPresentation = {
  readonly lanes: readonly MmtLane[]
  /** Wall time of media time 0, UNIX µs. */
  readonly startUs: number
  /** Nothing more will come. */
  readonly finished: boolean
  /** Wall time now, µs. */
  readonly nowUs: number
  /** Where players read the time (xs:dateTime). */
  readonly clockUrl: string
}

/** Longest of the newest segments of all lanes, µs; 0 where there is none. */
export function longestUs(lanes: readonly MmtLane[]): number {
  let longest = 0
  for (const { segments, timescale } of lanes)
    for (const { duration } of segments.slice(-8)) longest = Math.max(longest, (duration / timescale) * 1e6)
  return Math.round(longest)
}
