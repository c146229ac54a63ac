import type { ListAddressing, MpdPeriod, TemplateAddressing } from './mpd.ts'
import type { Span } from './segments.ts'
import { US_PER_SECOND } from './time.ts'

/** Most spans of one answer; who is further behind asks again. */
const MOST = 1024

/** Consecutive segments of one duration. Ticks. */
type Run = { readonly number: number; readonly time: number; readonly duration: number; readonly count: number }

/**
 * The segments of a representation of a live presentation, whose list may be endless: found by arithmetic, not by listing all
 * since the start. Those of a constant duration, or of an entry without an end (`r="-1"`), are given as far as they are complete
 * at `untilUs`; those of other entries as far as they are listed (ISO/IEC 23009-1 §5.3.9.6).
 * @param fromUs first start, µs within the period, give or take half a segment; null: only the last segment
 */
export function liveSpans(
  period: MpdPeriod,
  addressing: TemplateAddressing | ListAddressing,
  fromUs: number | null,
  untilUs: number,
): Span[] {
  const { timescale, presentationTimeOffset: offset } = addressing
  const toUs = (ticks: number): number => Math.round(((ticks - offset) / timescale) * US_PER_SECOND)
  const runs = runsOf(period, addressing, untilUs)
  const spans: Span[] = []
  const push = ({ number, time, duration }: Run, turn: number): void => {
    const start = time + turn * duration
    const startUs = toUs(start)
    const durationUs = toUs(start + duration) - startUs
    spans.push({ number: number + turn, time: start, duration, timescale, startUs, durationUs })
  }
  if (fromUs === null) {
    const last = runs.at(-1)
    if (last !== undefined) push(last, last.count - 1)
    return spans
  }
  const from = (fromUs / US_PER_SECOND) * timescale + offset
  for (const run of runs) {
    const first = Math.max(0, Math.ceil((from - run.time) / run.duration - 0.5))
    for (let turn = first; turn < run.count && spans.length < MOST; turn++) push(run, turn)
  }
  return spans
}

/** Whether a clock decides which segments there are; otherwise the list itself does. */
export function isClocked({ timeline }: TemplateAddressing | ListAddressing): boolean {
  return timeline === null || (timeline.at(-1)?.repeat ?? 0) < 0
}

/** Runs that have segments. */
function runsOf(period: MpdPeriod, addressing: TemplateAddressing | ListAddressing, untilUs: number): Run[] {
  const { timescale, timeline, duration, startNumber, presentationTimeOffset: offset } = addressing
  const listed = addressing.kind === 'list' ? startNumber + addressing.urls.length - 1 : Number.POSITIVE_INFINITY
  const lastNumber = Math.min(addressing.endNumber ?? Number.POSITIVE_INFINITY, listed)
  const runs: Run[] = []
  const add = (number: number, time: number, ticks: number, count: number): void => {
    const within = Math.min(count, lastNumber - number + 1)
    if (within > 0) runs.push({ number, time, duration: ticks, count: within })
  }
  const ticksOf = (us: number): number => (us / US_PER_SECOND) * timescale
  const endTicks = period.durationUs === null ? Number.POSITIVE_INFINITY : ticksOf(period.durationUs)
  /** Segments of a run from `time` on that are complete; the last one of a period ends with it. */
  const complete = (time: number, ticks: number): number =>
    ticksOf(untilUs) >= endTicks - 1e-6
      ? Math.ceil((endTicks - (time - offset)) / ticks - 1e-6)
      : Math.floor((ticksOf(untilUs) - (time - offset)) / ticks + 1e-6)
  if (timeline === null) {
    if (duration === null) return runs
    // A list says itself how many there are.
    add(startNumber, offset, duration, addressing.kind === 'list' ? addressing.urls.length : complete(offset, duration))
    return runs
  }
  let number = startNumber
  let time = 0
  timeline.forEach((entry, index) => {
    time = entry.time ?? time
    number = entry.number ?? number
    if (entry.duration === 0) return
    const nextTime = timeline[index + 1]?.time ?? null
    const count =
      entry.repeat >= 0
        ? entry.repeat + 1
        : nextTime === null
          ? complete(time, entry.duration)
          : Math.ceil((nextTime - time) / entry.duration - 1e-9)
    add(number, time, entry.duration, count)
    if (count > 0) {
      number += count
      time += count * entry.duration
    }
  })
  return runs
}
