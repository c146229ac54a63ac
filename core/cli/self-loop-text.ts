import type { ReturnCounts } from '../contract/sending-snapshot.ts'
import type { SessionSummary } from '../engine/session-summary.ts'

type SelfLoop = NonNullable<SessionSummary['selfLoop']>

/** Objects that should have come back as they were sent, and did not. */
export function notBack({ differs, incomplete, lost }: ReturnCounts): number {
  return differs + incomplete + lost
}

/** `23 of 24 objects came back equal, 1 incomplete; delay 0.4 ms in the middle, 2.0 ms at most.` */
export function selfLoopText({ counts, strange, delayUs }: SelfLoop): string {
  const { equal, late, differs, incomplete, lost, unheard, cut } = counts
  const compared = equal + late + notBack(counts)
  const others = [
    [late, 'of them late'],
    [differs, 'with other bytes'],
    [incomplete, 'incomplete'],
    [lost, 'lost'],
    [unheard, 'sent before they could be heard'],
    [cut, 'cut off at the end'],
    [strange, 'received that were not sent here'],
  ] as const
  const more = others.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]))
  const delay =
    delayUs === null ? '' : `; delay ${inMs(delayUs.median)} in the middle, ${inMs(delayUs.longest)} at most`
  return `Self-check: ${[`${equal + late} of ${compared} objects came back equal`, ...more].join(', ')}${delay}.`
}

function inMs(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`
}
