import type { ByteRange } from '../flow/objects.ts'
import type { MmtLane, MmtStretch } from '../manifest/mmt/presentation.ts'
import { codecString } from '../media/mmt/codec-string.ts'
import type { MpuMovie, MpuTrack } from '../media/mmt/mpu-movie.ts'
import { MpuLane, type MpuTimeline, type PlacedMpu } from '../media/mmt/mpu-timeline.ts'

/** Longest gap that is bridged with a repeated sample, s: players wait for ever at a gap in one of several streams. */
const MOST_STILL_S = 10
/** Stretches whose end and beginning are closer than this are joined, s. */
const MEET_S = 0.005
/** Limit of stretches kept for one asset. */
const MAX_STRETCHES = 64

/** A stored MPU that can be played. */
export type StoredMpu = PlacedMpu & {
  readonly name: string
  readonly index: number
  readonly size: number
  readonly missing: readonly ByteRange[]
  readonly lastTimeUs: number
  /** It replaces lost MPUs by its first sample, which lasts as long as they would have. */
  readonly still: boolean
}

/** MPUs of one asset that share an initialisation segment. */
export type MpuStretch = {
  readonly number: number
  readonly line: MpuLane<StoredMpu>
  readonly init: Uint8Array
  readonly codecs: string
  readonly timescale: number
  readonly dimensions: MmtStretch['dimensions']
  readonly firstTimeUs: number
  bytes: number
  ticks: number
}

/** One asset: its stretches, and counts of those dropped before them. */
export type AssetLane = {
  readonly id: string
  readonly role: MmtLane['role']
  stretches: MpuStretch[]
  readonly dropped: { segments: number; stretches: number }
}

/** Finds the stretch of an MPU: the newest, a new one where it needs another initialisation segment, or an earlier one if it is late. */
export function stretchOf(
  lane: AssetLane,
  timeline: MpuTimeline,
  init: Uint8Array,
  movie: MpuMovie,
  track: MpuTrack,
  firstTimeUs: number,
): MpuStretch | null {
  const { stretches } = lane
  const newest = stretches.at(-1)
  const same = (each: MpuStretch | undefined): boolean => each !== undefined && Buffer.compare(each.init, init) === 0
  if (newest !== undefined && same(newest)) return newest
  if (newest !== undefined && firstTimeUs < newest.firstTimeUs) {
    const late = stretches.filter((each) => each.firstTimeUs <= firstTimeUs).at(-1)
    return late !== undefined && same(late) ? late : null
  }
  const { timescale, dimensions } = track
  const stretch: MpuStretch = {
    number: (newest?.number ?? 0) + 1,
    line: new MpuLane<StoredMpu>(timeline),
    init,
    codecs: codecString(movie, track),
    timescale,
    dimensions,
    firstTimeUs,
    bytes: 0,
    ticks: 0,
  }
  stretches.push(stretch)
  if (stretches.length > MAX_STRETCHES) dropStretch(lane)
  return stretch
}

/** Drops the oldest stretch of an asset. */
export function dropStretch(lane: AssetLane): void {
  const gone = lane.stretches.shift()
  if (gone === undefined) return
  lane.dropped.segments += gone.line.mpus.length
  lane.dropped.stretches++
}

/** Moves the beginning of a stretch to the end of the one before, where they overlap or nearly meet. */
export function afterStretch(
  before: MpuStretch | undefined,
  placed: PlacedMpu | null,
  timescale: number,
): PlacedMpu | null {
  const last = before?.line.mpus.at(-1)
  if (placed === null || before === undefined || last === undefined) return placed
  const end = Math.ceil(((last.time + last.duration) / before.timescale) * timescale)
  const later = end - placed.time
  if (later > placed.duration / 2 || later < -(timescale * MEET_S)) return later > 0 ? null : placed
  return { ...placed, time: end, decodeTime: Math.max(0, placed.decodeTime + later) }
}

/** Bridges MPUs that were lost or cannot be read: the one before them lasts longer. */
export function bridge({ line, timescale }: MpuStretch, placed: PlacedMpu): void {
  const before = line.mpus.at(-1)
  if (before === undefined || placed.sequence <= before.sequence + 1) return
  const time = before.time + before.duration
  const duration = placed.time - time
  if (duration <= 0 || duration > MOST_STILL_S * timescale) return
  const lead = before.time - before.decodeTime
  line.add({
    ...before,
    sequence: before.sequence + 1,
    time,
    duration,
    decodeTime: Math.max(0, time - lead),
    still: true,
  })
}
