import type { Presentation } from '../ingest/presentation.ts'
import { broadcastMpd, segmentsToList } from './live-mpd.ts'
import type { LoopPlan } from './loop-plan.ts'
import type { SignalledManifest } from './service-signalling.ts'
import type { TrackEmitter } from './track-emitter.ts'
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
  const listed =
    loop.manifest === 'numbered' ? null : new Map(tracks.map((emitter) => [emitter.schedule, listedNow(emitter, atUs)]))
  const text = broadcastMpd(manifest.mpd, schedules, { startUs, publishUs: startUs + atUs, listed })
  return { ...named, bytes: new TextEncoder().encode(text) }
}

/** The listed segments: at least the first one, because a timeline may not be empty. */
function listedNow(emitter: TrackEmitter, atUs: number): ScheduledSegment[] {
  const listed = segmentsToList(emitter.schedule, atUs, emitter.index)
  const first = emitter.schedule.at(0)
  return listed.length > 0 || first === null ? listed : [first]
}
