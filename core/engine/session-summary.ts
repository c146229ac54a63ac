import type { SelfLoopSnapshot } from '../contract/sending-snapshot.ts'
import type { SectionMap, SectionName } from '../contract/snapshot.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Part } from './part.ts'

/** Final counts of a session. */
export type SessionSummary = {
  readonly packets: number
  readonly bytes: number
  readonly objects: number
  readonly complete: number
  readonly incomplete: number
  /** Objects begun before reception, or not over at its end. */
  readonly cutOff: number
  /** Objects that signalling announced and of which no packet arrived: certainly lost, and not sent so far. */
  readonly neverCame: number
  readonly awaited: number
  /** Files written, where there is a folder; else files delivered. */
  readonly files: number
  readonly sentPackets: number
  readonly sentObjects: number
  /** Datagrams the system dropped before they were read. */
  readonly droppedByHost: number
  /** Largest delay of a sent packet, ms. */
  readonly lateMs: number
  /** What came back of what was sent; null where it was not compared. */
  readonly selfLoop: Pick<SelfLoopSnapshot, 'counts' | 'strange' | 'delayUs'> | null
}

/**
 * Sums up a session.
 * @param all the values of one section of every part that has it
 */
export function summaryOf(
  all: <S extends SectionName>(name: S) => readonly SectionMap[S][],
  parts: readonly Part[],
  receivers: readonly Receiving[],
): SessionSummary {
  const totals = all('totals')
  const sent = all('broadcast')
  const written = parts.flatMap((part) => part.written?.() ?? [])
  const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
    values.reduce((whole, value) => whole + of(value), 0)
  return {
    packets: sum(totals, (each) => each.packets),
    bytes: sum(totals, (each) => each.bytes),
    objects: sum(totals, (each) => each.objects),
    complete: sum(totals, (each) => each.complete),
    incomplete: sum(totals, (each) => each.incomplete),
    cutOff: sum(totals, (each) => each.cutOff),
    neverCame: sum(totals, (each) => each.neverCame),
    awaited: sum(totals, (each) => each.awaited),
    files: written.length > 0 ? sum(written, (count) => count) : sum(receivers, ({ files }) => files.count),
    sentPackets: sum(sent, (each) => each.packets),
    sentObjects: sum(sent, (each) => each.objects),
    droppedByHost: sum(receivers, (receiving) => receiving.droppedByHost()),
    lateMs: Math.max(0, ...sent.map((each) => each.lateMs)),
    selfLoop: returned(all('selfLoop')),
  }
}

function returned([loop]: readonly SelfLoopSnapshot[]): SessionSummary['selfLoop'] {
  if (loop === undefined) return null
  const { counts, strange, delayUs } = loop
  return { counts, strange, delayUs }
}
