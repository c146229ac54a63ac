/** One media segment of an asset, made from an MPU. */
export type MmtSegment = {
  /** Presentation time of its first sample on the presentation's time line, ticks. */
  readonly time: number
  readonly duration: number
}

/** A part of an asset with one initialisation segment: it ends where codec, size or other properties change. */
export type MmtStretch = {
  /** 1 for the first; later ones have it in their file names. */
  readonly number: number
  /** RFC 6381. */
  readonly codecs: string
  readonly timescale: number
  readonly dimensions: { readonly width: number; readonly height: number } | null
  /** Measured rate, bit/s. */
  readonly bandwidthBps: number
  /** In order of time, without overlaps; there may be gaps. */
  readonly segments: readonly MmtSegment[]
}

/** One asset of an MMT package in a presentation. */
export type MmtLane = {
  /** `asset35`: folder of its segments. */
  readonly id: string
  readonly role: 'video' | 'audio' | 'text'
  /** At least one, consecutive, each with a segment. */
  readonly stretches: readonly MmtStretch[]
}

/** The service as a presentation, generated for each request. */
export type MmtPresentation = {
  readonly lanes: readonly MmtLane[]
  /** Wall time of media time 0, UNIX µs. */
  readonly startUs: number
  /** No more segments will arrive. */
  readonly finished: boolean
  /** Current wall time, µs. */
  readonly nowUs: number
  /** URL of the clock for players (xs:dateTime). */
  readonly clockUrl: string
}

/** Name of a stretch's initialisation segment, in the folder of its asset. */
export function mmtInitName(stretch: number): string {
  return stretch === 1 ? 'init.mp4' : `init-${stretch}.mp4`
}

/** Prefix of the time in a stretch's segment names. */
export function mmtSegmentPrefix(stretch: number): string {
  return stretch === 1 ? '' : `${stretch}-`
}

/** Start and end of a stretch, µs of media time. */
export function boundsOf({ segments, timescale }: MmtStretch): { readonly fromUs: number; readonly toUs: number } {
  const last = segments.at(-1)
  const us = (ticks: number): number => Math.round((ticks / timescale) * 1e6)
  return { fromUs: us(segments[0]?.time ?? 0), toUs: us(last === undefined ? 0 : last.time + last.duration) }
}

/** Ends this close to a boundary are at it, µs: assets round their times differently. */
const CLOSE_US = 50_000

/** Times at which any asset changes its initialisation segment, µs of media time, in order. */
export function boundariesOf(lanes: readonly MmtLane[]): number[] {
  const all = lanes.flatMap(({ stretches }) =>
    stretches.filter(({ number }) => number > 1).map((each) => boundsOf(each).fromUs),
  )
  const boundaries: number[] = []
  // Audio and video change together: one boundary, not two a moment apart.
  for (const boundary of all.sort((a, b) => a - b))
    if (boundary - (boundaries.at(-1) ?? Number.NEGATIVE_INFINITY) > CLOSE_US) boundaries.push(boundary)
  return boundaries
}

/** The segments of a stretch that are played, wholly or partly, between two times, µs. */
export function segmentsBetween({ segments, timescale }: MmtStretch, fromUs: number, toUs: number): MmtSegment[] {
  return segments.filter(({ time, duration }) => {
    const startUs = (time / timescale) * 1e6
    const endUs = ((time + duration) / timescale) * 1e6
    return endUs > fromUs + CLOSE_US && startUs < toUs - CLOSE_US
  })
}

/** Duration of the longest newest segment of any lane, µs; 0 without any. */
export function longestUs(lanes: readonly MmtLane[]): number {
  let longest = 0
  for (const { stretches } of lanes)
    for (const { segments, timescale } of stretches.slice(-2))
      for (const { duration } of segments.slice(-8)) longest = Math.max(longest, (duration / timescale) * 1e6)
  return Math.round(longest)
}
