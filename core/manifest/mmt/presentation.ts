/** One media segment of an asset: what an MPU became. */
export type MmtSegment = {
  /** Presentation time of its first sample on the time line of the presentation, ticks. */
  readonly time: number
  readonly duration: number
}

/** A stretch of an asset with one initialisation segment: it ends where codec, size or anything else of that changes. */
export type MmtStretch = {
  /** 1 for the first; the others have it in the names of their files. */
  readonly number: number
  /** RFC 6381. */
  readonly codecs: string
  readonly timescale: number
  readonly dimensions: { readonly width: number; readonly height: number } | null
  /** Measured, bit/s. */
  readonly bandwidthBps: number
  /** In order of time; they may leave gaps and do not overlap. */
  readonly segments: readonly MmtSegment[]
}

/** One asset of an MMT package as a presentation offers it. */
export type MmtLane = {
  /** `asset35`: the folder its segments are in. */
  readonly id: string
  readonly role: 'video' | 'audio' | 'text'
  /** At least one, one after another, each with a segment. */
  readonly stretches: readonly MmtStretch[]
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

/** Name of a stretch's initialisation segment, in the folder of its asset. */
export function mmtInitName(stretch: number): string {
  return stretch === 1 ? 'init.mp4' : `init-${stretch}.mp4`
}

/** What stands in front of the time in the names of a stretch's segments. */
export function mmtSegmentPrefix(stretch: number): string {
  return stretch === 1 ? '' : `${stretch}-`
}

/** Where a stretch begins and ends, µs of media time. */
export function boundsOf({ segments, timescale }: MmtStretch): { readonly fromUs: number; readonly toUs: number } {
  const last = segments.at(-1)
  const us = (ticks: number): number => Math.round((ticks / timescale) * 1e6)
  return { fromUs: us(segments[0]?.time ?? 0), toUs: us(last === undefined ? 0 : last.time + last.duration) }
}

/** Ends so close to a boundary are at it, µs: assets round their times differently. */
const CLOSE_US = 50_000

/** Where any asset goes on with another initialisation segment, µs of media time, in order. */
export function boundariesOf(lanes: readonly MmtLane[]): number[] {
  const all = lanes.flatMap(({ stretches }) =>
    stretches.filter(({ number }) => number > 1).map((each) => boundsOf(each).fromUs),
  )
  const boundaries: number[] = []
  // Sound and picture change together: one boundary, and not two with an instant between.
  for (const boundary of all.sort((a, b) => a - b))
    if (boundary - (boundaries.at(-1) ?? Number.NEGATIVE_INFINITY) > CLOSE_US) boundaries.push(boundary)
  return boundaries
}

/** The segments of a stretch that are played, some of them in part, between two times, µs. */
export function segmentsBetween({ segments, timescale }: MmtStretch, fromUs: number, toUs: number): MmtSegment[] {
  return segments.filter(({ time, duration }) => {
    const startUs = (time / timescale) * 1e6
    const endUs = ((time + duration) / timescale) * 1e6
    return endUs > fromUs + CLOSE_US && startUs < toUs - CLOSE_US
  })
}

/** Longest of the newest segments of all lanes, µs; 0 where there is none. */
export function longestUs(lanes: readonly MmtLane[]): number {
  let longest = 0
  for (const { stretches } of lanes)
    for (const { segments, timescale } of stretches.slice(-2))
      for (const { duration } of segments.slice(-8)) longest = Math.max(longest, (duration / timescale) * 1e6)
  return Math.round(longest)
}
