import { CodecError } from '../bytes/codec-error.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { FileBytes, PresentationFile } from '../ingest/presentation.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { trackTimescales } from '../media/bmff/init-segment.ts'
import { shiftSegment } from '../media/bmff/shift-segment.ts'
import {
  closingPackets,
  type EmitContext,
  type Emitter,
  MAX_GAP_US,
  type OutgoingObject,
  type PacketSender,
} from './emitter.ts'
import type { ScheduledSegment, TrackSchedule } from './track-schedule.ts'

/** Gaps of a track that are remembered. */
const MOST_GAPS = 64

/** A time without a segment that the presentation has, µs from the start of the broadcast. */
export type UnsentTime = { readonly startUs: number; readonly endUs: number }

/** Knows what a segment needs before it, and how it becomes packets. */
export interface SegmentCarriage {
  /** Called when a segment starts: sends what it needs before it. @returns its object */
  openSegment(track: TrackEmitter, segment: ScheduledSegment, bytes: Uint8Array, context: EmitContext): OutgoingObject
  /** Called when a segment is not there any more, or is there again. Absent: it names none before it is sent. */
  listChanged?(track: TrackEmitter, context: EmitContext): void
  /** Called when nothing of a track follows. */
  ended(track: TrackEmitter, context: EmitContext): void
}

/**
 * Sends one media channel: before each segment what it needs, then its bytes spread over its duration, but never so thinly that
 * receivers take it for over.
 */
export class TrackEmitter implements Emitter {
  readonly schedule: TrackSchedule
  /** Segments sent completely. */
  objects = 0
  #nextUs: number
  #index = 0
  #object: OutgoingObject | null = null
  #segment: ScheduledSegment | null
  #sequence = 1
  /** Packets to its end; without one Infinity. */
  #packetsLeft = Number.POSITIVE_INFINITY
  #isClosing = false
  #startUs: number
  readonly #bytes: FileBytes
  readonly sender: PacketSender
  readonly #carriage: SegmentCarriage
  readonly #timescales: ReadonlyMap<number, number>
  readonly #absent = new Set<PresentationFile>()
  readonly #gaps: UnsentTime[] = []

  constructor(
    schedule: TrackSchedule,
    startUs: number,
    bytes: FileBytes,
    sender: PacketSender,
    carriage: SegmentCarriage,
  ) {
    this.schedule = schedule
    this.#startUs = startUs
    this.#bytes = bytes
    this.sender = sender
    this.#carriage = carriage
    const { init } = schedule.track
    this.#timescales =
      init === null || schedule.loop === null ? new Map() : readable(init.name, () => trackTimescales(init.bytes))
    this.#segment = schedule.at(0)
    this.#nextUs = this.#segment === null ? Number.POSITIVE_INFINITY : startUs + this.#segment.startUs
  }

  get nextUs(): number {
    return this.#nextUs
  }

  /** Index of the current segment, or of the next. */
  get index(): number {
    return this.#index
  }

  /** Segments that could not be read when it was their turn. */
  get absent(): ReadonlySet<PresentationFile> {
    return this.#absent
  }

  /** Where its newest segments could not be read: they were not sent. */
  get gaps(): readonly UnsentTime[] {
    return this.#gaps
  }

  /** Segments needed up to `untilUs` that are not in memory. */
  missingUntil(untilUs: number): ScheduledSegment[] {
    const missing: ScheduledSegment[] = []
    // The open object keeps its bytes.
    for (let index = this.#object === null ? this.#index : this.#index + 1; ; index++) {
      const segment = this.schedule.at(index)
      if (segment === null || this.#startUs + segment.startUs > untilUs) return missing
      const { source } = segment
      if (this.#bytes.get(source) === null && !this.#bytes.isUnreadable(source)) missing.push(segment)
    }
  }

  send(context: EmitContext): boolean {
    const segment = this.#segment
    if (segment === null) return false
    let object = this.#object
    if (object === null) {
      if (this.#isClosing) return this.#skip(segment, context)
      object = this.#begin(segment, context)
      if (object === null) return this.#skip(segment, context)
    }
    this.sender.next(object, context)
    if (object.done || --this.#packetsLeft === 0) this.#end(segment, object, context)
    else if (context.burst !== true) {
      const evenUs =
        this.#startUs + segment.startUs + Math.floor((segment.durationUs * object.offset) / object.sizeBytes)
      this.#nextUs = Math.min(evenUs, this.#nextUs + MAX_GAP_US)
    }
    return true
  }

  /**
   * Continues after a pause (a machine that slept) without a burst of missed segments: a loop skips them, because its manifest
   * is bound to the clock; otherwise the rest is sent later.
   */
  resume(nowUs: number): void {
    const lateUs = nowUs - this.#nextUs
    if (lateUs <= 0 || this.#segment === null) return
    if (this.schedule.loop === null) {
      this.#startUs += lateUs
      this.#nextUs += lateUs
      return
    }
    this.#object = null
    while (this.#segment !== null && this.#startUs + this.#segment.startUs < nowUs) this.#advance()
  }

  close(nowUs: number): void {
    const segment = this.#segment
    if (segment === null || this.#isClosing) return
    this.#isClosing = true
    this.#packetsLeft = closingPackets(this.#object, this.#startUs + segment.startUs + segment.durationUs - nowUs)
    if (this.#object === null) this.#nextUs = nowUs
  }

  #begin(segment: ScheduledSegment, context: EmitContext): OutgoingObject | null {
    const stored = this.#bytes.get(segment.source)
    if (stored === null) return null
    if (this.#absent.delete(segment.source)) this.#carriage.listChanged?.(this, context)
    this.#object = this.#carriage.openSegment(this, segment, this.#moved(segment, stored), context)
    return this.#object
  }

  /** Goes on without a segment that cannot be read or is not sent any more. @returns false where it is not loaded yet */
  #skip(segment: ScheduledSegment, context: EmitContext): boolean {
    if (!this.#isClosing) {
      const { source } = segment
      if (!this.#bytes.isUnreadable(source)) return false
      this.#gaps.push({ startUs: segment.startUs, endUs: segment.startUs + segment.durationUs })
      if (this.#gaps.length > MOST_GAPS) this.#gaps.shift()
      if (!this.#absent.has(source)) {
        this.#absent.add(source)
        this.#carriage.listChanged?.(this, context)
      }
    }
    this.#bytes.release(segment.source)
    this.#advance()
    if (this.#segment === null) this.#carriage.ended(this, context)
    return true
  }

  /** The segment's bytes shifted to its time in the loop: unchanged in the first turn. */
  #moved(segment: ScheduledSegment, bytes: Uint8Array): Uint8Array {
    if (this.schedule.loop === null || this.#timescales.size === 0) return bytes
    const shift = { ticks: segment.turn * this.schedule.loop.loopUs, timescale: 1_000_000 }
    if (segment.turn === 0) {
      this.#sequence += readable(segment.source.name, () => readBoxes(bytes)).filter(
        ({ type }) => type === 'moof',
      ).length
      return bytes
    }
    const moved = readable(segment.source.name, () => shiftSegment(bytes, shift, this.#timescales, this.#sequence))
    this.#sequence += moved.fragments
    return moved.bytes
  }

  #end(segment: ScheduledSegment, object: OutgoingObject, context: EmitContext): void {
    this.#bytes.release(segment.source)
    if (object.done) this.objects++
    this.#object = null
    this.#advance()
    if (this.#segment === null) this.#carriage.ended(this, context)
  }

  #advance(): void {
    this.#index++
    this.#segment = this.#isClosing ? null : this.schedule.at(this.#index)
    this.#nextUs = this.#segment === null ? Number.POSITIVE_INFINITY : this.#startUs + this.#segment.startUs
  }
}

/** Returns the result of `read`; reports media that cannot be shifted in time. */
function readable<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    throw new AppFailure(
      'input-unusable',
      `"${name}" cannot be moved in time: ${thrown.message}.`,
      'Check the file, or send the presentation without the loop.',
      thrown.code,
    )
  }
}
