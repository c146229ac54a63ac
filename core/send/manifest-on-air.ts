import type { Presentation } from '../ingest/presentation.ts'
import { broadcastMpd, segmentsToList, TIME_SHIFT_US } from './live-mpd.ts'
import type { LoopPlan } from './loop-plan.ts'
import type { SignalledManifest } from './service-signalling.ts'
import type { TrackEmitter, UnsentTime } from './track-emitter.ts'
import type { ScheduledSegment } from './track-schedule.ts'

/** Where a manifest on air comes from. */
export type ManifestSource = {
  readonly presentation: Presentation
  readonly loop: LoopPlan | null
  /** Start of the broadcast, µs since the UNIX epoch. */
  readonly startUs: number
  /** Name on air; null: as in the presentation. */
  readonly name: string | null
}

/**
 * The manifest at a time: as it was found, or in a loop that of a live service.
 * @param atUs from the start of the broadcast
 */
export function manifestOnAir(
  { presentation, loop, startUs, name }: ManifestSource,
  tracks: readonly TrackEmitter[],
  atUs: number,
): SignalledManifest | null {
  const { manifest } = presentation
  if (manifest === null) return null
  const named = { name: name ?? manifest.name, contentType: manifest.contentType }
  if (loop === null || manifest.mpd === null) return { ...named, bytes: manifest.bytes }
  const schedules = tracks.map((emitter) => emitter.schedule)
  const gaps = gapsAt(tracks, atUs)
  const listed = changesWithSegments(loop, tracks, atUs)
    ? new Map(tracks.map((emitter) => [emitter.schedule, listedNow(emitter, atUs, gaps)]))
    : null
  const text = broadcastMpd(manifest.mpd, schedules, { startUs, publishUs: startUs + atUs, listed })
  return { ...named, bytes: new TextEncoder().encode(text) }
}

/**
 * Whether the MPD of a loop lists the segments that were sent: where its numbers do not tell them, or some were not there.
 * @param atUs from the start of the broadcast
 */
export function changesWithSegments(loop: LoopPlan, tracks: readonly TrackEmitter[], atUs: number): boolean {
  return loop.manifest === 'timeline' || gapsAt(tracks, atUs).length > 0
}

/** Gaps within the time shift, of all tracks: what tracks have in common is written once. */
function gapsAt(tracks: readonly TrackEmitter[], atUs: number): UnsentTime[] {
  return tracks.flatMap(({ gaps }) => gaps.filter(({ endUs }) => endUs > atUs - TIME_SHIFT_US))
}

/** The listed segments: at least the first one, because a timeline may not be empty. */
function listedNow(emitter: TrackEmitter, atUs: number, gaps: readonly UnsentTime[]): ScheduledSegment[] {
  const listed = segmentsToList(emitter.schedule, atUs, emitter.index, gaps)
  const first = emitter.schedule.at(0)
  return listed.length > 0 || first === null ? listed : [first]
}
