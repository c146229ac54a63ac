import { AppFailure } from '../failure/app-failure.ts'
import type { Presentation, PresentationTrack } from '../ingest/presentation.ts'
import { templateAddress } from '../manifest/mpd/template.ts'

/** How a static presentation is repeated for ever. */
export type LoopPlan = {
  /** Offset between the starts of two turns, µs. */
  readonly loopUs: number
  /**
   * `numbered`: the MPD's constant segment duration continues over the turns, so that it never changes. `timeline`: the sent
   * segments are listed, and the manifest changes with each.
   */
  readonly manifest: 'numbered' | 'timeline'
}

/** Numbered turns require the period to end this close to a whole number of segments. */
const WHOLE_SEGMENTS_US = 100_000

/** @throws AppFailure not-supported, where it cannot be sent as a live service without wrong times */
export function planLoop(presentation: Presentation): LoopPlan {
  const { kind, tracks, durationUs } = presentation
  if (kind === 'files') return { loopUs: durationUs, manifest: 'timeline' }
  if (kind === 'hls') {
    for (const { repId, playlist } of tracks) {
      if (playlist === null) throw refuse('it is one media playlist without a master playlist')
      if (playlist.obstacle !== null) throw refuse(`playlist "${repId}" ${playlist.obstacle}`)
    }
    const longest = tracks.reduce((us, track) => Math.max(us, endUs(track)), 0)
    return { loopUs: longest, manifest: 'timeline' }
  }
  const mpd = presentation.manifest?.mpd
  if (mpd != null && mpd.periods.length > 1) {
    throw refuse(`it has ${mpd.periods.length} periods, and only one can be repeated`)
  }
  const lists = tracks.find((track) => track.representation?.addressing.kind !== 'template')
  if (lists !== undefined) {
    const names =
      lists.representation?.addressing.kind === 'list' ? 'names its segments one by one (SegmentList)' : 'is one file'
    throw refuse(`representation "${lists.repId}" ${names}`)
  }
  const turns = new Set(tracks.map(constantTurnUs))
  const [turnUs] = turns
  if (turns.size === 1 && turnUs != null && Math.abs(turnUs - durationUs) < WHOLE_SEGMENTS_US) {
    return { loopUs: turnUs, manifest: 'numbered' }
  }
  return { loopUs: tracks.reduce((us, track) => Math.max(us, endUs(track)), 0), manifest: 'timeline' }
}

/** Duration of all segments of a `$Number$` template with constant duration; null for any other. */
function constantTurnUs(track: PresentationTrack): number | null {
  const addressing = track.representation?.addressing
  if (addressing?.kind !== 'template' || addressing.duration === null) return null
  if (templateAddress(addressing.media) !== 'number') return null
  return Math.round((track.segments.length * addressing.duration * 1_000_000) / addressing.timescale)
}

function endUs(track: PresentationTrack): number {
  const last = track.segments.at(-1)
  return last === undefined ? 0 : last.startUs + last.durationUs
}

function refuse(reason: string): AppFailure {
  return new AppFailure(
    'not-supported',
    `The presentation cannot be repeated as a live service: ${reason}.`,
    'Send it without the loop, or use a presentation with one period and a SegmentTemplate.',
  )
}
