import { asToi, type Toi } from '../contract/ids.ts'
import type { PresentationSegment, PresentationTrack } from '../ingest/presentation.ts'
import { templateAddress } from '../manifest/mpd/template.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'
import type { LoopPlan } from './loop-plan.ts'

/** A segment with its time on air. */
export type ScheduledSegment = {
  /** Continuous over the turns, from 0. */
  readonly index: number
  readonly turn: number
  readonly toi: Toi
  readonly name: string
  /** Time of its first packet and longest time of sending, µs from the start of the broadcast. */
  readonly startUs: number
  readonly durationUs: number
  readonly source: PresentationSegment
}

/** Sending times of a track's segments, as in the presentation; over all turns in a loop. */
export class TrackSchedule {
  readonly track: PresentationTrack
  readonly loop: LoopPlan | null
  /** EFDT template of the names on air; null where each segment is listed. */
  readonly fileTemplate: string | null
  /** TOI of the first segment in a loop. */
  readonly firstNumber: number

  constructor(track: PresentationTrack, loop: LoopPlan | null) {
    this.track = track
    this.loop = loop
    this.fileTemplate = track.fileTemplate ?? (loop === null ? null : inventedTemplate(track))
    this.firstNumber = countsNumbers(track) ? (track.segments[0]?.toi ?? 1) : 1
  }

  /** The segment of an index; null after the last. */
  at(index: number): ScheduledSegment | null {
    const { segments } = this.track
    if (this.loop === null) {
      const source = segments[index]
      if (source === undefined) return null
      return {
        index,
        turn: 0,
        toi: source.toi,
        name: source.name,
        startUs: source.startUs,
        durationUs: source.durationUs,
        source,
      }
    }
    const turn = Math.floor(index / segments.length)
    const source = segments[index % segments.length]
    if (source === undefined) return null
    const toi = asToi(this.firstNumber + index)
    return {
      index,
      turn,
      toi,
      name: applyFileTemplate(this.fileTemplate ?? '', toi),
      startUs: source.startUs + turn * this.loop.loopUs,
      durationUs: source.durationUs,
      source,
    }
  }
}

/** Whether TOIs are consecutive numbers that may continue; `$Time$` values may not (they exceed 32 bits within hours). */
function countsNumbers(track: PresentationTrack): boolean {
  const addressing = track.representation?.addressing
  return addressing?.kind === 'template' ? templateAddress(addressing.media) === 'number' : track.fileTemplate !== null
}

/**
 * Generated names for a track in a loop whose own names have no number: its first segment's folder and ending with a number.
 */
function inventedTemplate(track: PresentationTrack): string {
  const name = track.segments[0]?.name ?? ''
  const folder = name.slice(0, name.lastIndexOf('/') + 1)
  const ending = /\.[A-Za-z0-9]+$/.exec(name)?.[0] ?? ''
  const literal = `${folder}${track.repId.replaceAll('/', '-')}-`.replaceAll('$', '$$$$')
  return `${literal}$TOI$${ending}`
}
