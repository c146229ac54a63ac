import { isClocked, liveSpans } from '../manifest/mpd/live-spans.ts'
import type { ListAddressing, MpdRepresentation, TemplateAddressing } from '../manifest/mpd/mpd.ts'
import type { Span } from '../manifest/mpd/segments.ts'
import type { LiveEntry } from './live-plan.ts'

/** Time after the end of a period for which a list may still get segments of it, µs. */
const LATE_US = 5_000_000

/** What a manifest says of one channel. */
export type ChannelPlan = {
  readonly entries: readonly LiveEntry[]
  /** Media time 0 by the origin's clock, µs since the UNIX epoch; null where the manifest says nothing. */
  readonly startUs: number | null
  /** Nothing will be added. */
  readonly isFinal: boolean
  /** Media time at which a presentation ended that is static by now; null: it is live. */
  readonly endUs: number | null
}

/** The clocks that a time line is looked at by, µs since the UNIX epoch. */
export type LiveClocks = {
  /** This machine's. */
  nowUs(): number
  /** That of the origin. */
  originUs(): number
}

/** A segment of a channel. */
export type LiveNext = {
  readonly entry: LiveEntry
  readonly span: Span
  /** Start on the presentation's time line, µs. */
  readonly atUs: number
  /** When it is complete at the origin, by this machine's clock; 0: the manifest has it already. */
  readonly availableUs: number
}

/** What there is after the segments that were taken. */
export type LiveAhead = {
  /** The next one, which may be announced only. */
  readonly first: LiveNext | null
  /** The newest complete one, and how many are complete. */
  readonly newest: LiveNext | null
  readonly complete: number
}

/**
 * Where a channel is on its presentation's time line: which segments follow. It goes on by time, over updates and periods, and
 * begins with the newest segment.
 */
export class LiveTimeline {
  readonly #clocks: LiveClocks
  #plan: ChannelPlan
  /** Where the next segment starts; null: at the newest. */
  #nextUs: number | null
  /** Start of the period of the last segment. */
  #periodUs: number | null = null

  /** @param fromUs media time of the first segment; null: the newest one */
  constructor(plan: ChannelPlan, clocks: LiveClocks, fromUs: number | null) {
    this.#plan = plan
    this.#clocks = clocks
    this.#nextUs = fromUs
  }

  get nextUs(): number | null {
    return this.#nextUs
  }

  get newestEntry(): LiveEntry {
    return this.#plan.entries.at(-1) as LiveEntry
  }

  /** Duration of the newest segments, µs; 0 where it is not known. */
  get segmentUs(): number {
    const { addressing } = this.newestEntry.origin
    return addressing.kind === 'template' || addressing.kind === 'list' ? lastDurationUs(addressing) : 0
  }

  get isFinal(): boolean {
    return this.#plan.isFinal
  }

  update(plan: ChannelPlan): void {
    // Times count from another instant: nothing of before is comparable.
    if (plan.startUs !== this.#plan.startUs && plan.startUs !== null) this.rejoin()
    this.#plan = plan
  }

  /** Begins again at the newest segment. */
  rejoin(): void {
    this.#nextUs = null
    this.#periodUs = null
  }

  /** Goes on after a segment. */
  passed({ entry, span, atUs }: LiveNext): void {
    this.#nextUs = atUs + span.durationUs
    this.#periodUs = entry.startUs
  }

  ahead(): LiveAhead {
    const { entries, startUs, endUs } = this.#plan
    if (this.#nextUs === null) this.#join()
    let first: LiveNext | null = null
    let newest: LiveNext | null = null
    let complete = 0
    const nowUs = this.#clocks.nowUs()
    for (const entry of entries) {
      const { addressing } = entry.origin
      const fromUs = this.#fromUs(entry)
      if (fromUs === null || (addressing.kind !== 'template' && addressing.kind !== 'list')) continue
      const clocked = isClocked(addressing)
      const untilUs = this.#untilUs(entry) + (clocked ? 2 * lastDurationUs(addressing) : 0)
      for (const span of liveSpans(entry.period, addressing, fromUs - entry.startUs, untilUs - entry.startUs)) {
        const atUs = entry.startUs + span.startUs
        // What a list has is there, and what an ended presentation has.
        const isThere = !clocked || startUs === null || endUs !== null
        const availableUs = isThere ? 0 : this.localUs(startUs + atUs + span.durationUs - offsetUs(entry.origin))
        const one = { entry, span, atUs, availableUs }
        first ??= one
        if (availableUs > nowUs) break
        complete++
        newest = one
      }
    }
    return { first, newest, complete }
  }

  /** When the manifest announces a segment as complete, by this machine's clock; null where it says nothing. */
  announcedUs({ entry, atUs, span, availableUs }: LiveNext): number | null {
    const { startUs } = this.#plan
    const partUs = isPartial(entry.origin) ? offsetUs(entry.origin) : 0
    if (availableUs > 0) return availableUs
    return startUs === null ? null : this.localUs(startUs + atUs + span.durationUs - partUs)
  }

  /** When a segment is whole at the latest, by this machine's clock, µs; null where it is asked for as a whole. */
  wholeUs({ entry, atUs, span }: LiveNext): number | null {
    if (!isPartial(entry.origin)) return null
    const { startUs } = this.#plan
    return startUs === null ? 0 : this.localUs(startUs + atUs + span.durationUs)
  }

  /** Whether nothing more will be listed. */
  isComplete(): boolean {
    const { isFinal, endUs, entries } = this.#plan
    const last = entries.at(-1)
    if (!isFinal || last === undefined) return isFinal
    return endUs !== null || this.#untilUs(last) >= last.startUs + (last.period.durationUs ?? 0)
  }

  /** Whether its period has ended, so that nothing more is to come: all of it was taken, or its end has long passed. */
  get isPeriodOver(): boolean {
    const { period, startUs } = this.newestEntry
    if (period.durationUs === null) return false
    const endUs = startUs + period.durationUs
    if (this.#nextUs !== null && this.#nextUs > endUs - this.segmentUs / 2) return true
    const { startUs: zeroUs } = this.#plan
    return zeroUs !== null && this.#clocks.originUs() - zeroUs > endUs + Math.max(2 * this.segmentUs, LATE_US)
  }

  /** End of the newest listed segment; null where a clock decides. */
  newestUs(): number | null {
    const { period, startUs, origin } = this.newestEntry
    const { addressing } = origin
    if ((addressing.kind !== 'template' && addressing.kind !== 'list') || isClocked(addressing)) return null
    const [last] = liveSpans(period, addressing, null, 0)
    return last === undefined ? null : startUs + last.startUs + last.durationUs
  }

  /** A time of the origin's clock by this machine's. */
  localUs(originUs: number): number {
    return originUs - (this.#clocks.originUs() - this.#clocks.nowUs())
  }

  /** Begins with the newest complete segment. */
  #join(): void {
    for (const entry of [...this.#plan.entries].reverse()) {
      const { addressing } = entry.origin
      if (addressing.kind !== 'template' && addressing.kind !== 'list') continue
      const untilUs = this.#untilUs(entry)
      if (untilUs < entry.startUs && isClocked(addressing)) continue
      const [last] = liveSpans(entry.period, addressing, null, untilUs - entry.startUs)
      if (last === undefined) continue
      this.#nextUs = entry.startUs + last.startUs
      this.#periodUs = entry.startUs
      return
    }
  }

  /** Media time from which on segments of an entry are new; null where all of them are older. */
  #fromUs({ startUs }: LiveEntry): number | null {
    if (this.#nextUs === null || (this.#periodUs !== null && startUs < this.#periodUs)) return null
    // The last segment of a period may reach into the next one.
    return this.#periodUs !== null && startUs > this.#periodUs ? startUs : this.#nextUs
  }

  /** Media time until which segments of an entry are complete by the origin's clock. */
  #untilUs({ origin, period }: LiveEntry): number {
    const { startUs, endUs } = this.#plan
    if (endUs !== null) return period.durationUs === null ? endUs : Number.POSITIVE_INFINITY
    return startUs === null ? 0 : this.#clocks.originUs() - startUs + offsetUs(origin)
  }
}

/** How much earlier than its end a segment is there, whole or in part, µs. */
function offsetUs({ availabilityTimeOffsetUs: us }: MpdRepresentation): number {
  return Number.isFinite(us) ? us : 0
}

/** Whether segments may be asked for while they are made (ISO/IEC 23009-1 §5.3.9.5.1). */
export function isPartial({
  availabilityTimeOffsetUs: us,
  availabilityTimeComplete: whole,
}: MpdRepresentation): boolean {
  return !whole && Number.isFinite(us) && us > 0
}

function lastDurationUs({ duration, timeline, timescale }: TemplateAddressing | ListAddressing): number {
  return Math.round((((timeline === null ? duration : timeline.at(-1)?.duration) ?? 0) / timescale) * 1e6)
}
