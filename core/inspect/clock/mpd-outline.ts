import { CodecError } from '../../bytes/codec-error.ts'
import { SLS_LIMITS } from '../../protocol/table-limits.ts'
import { attr, childrenOf, type XmlElement } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'

/** What of a dynamic MPD may not change while its presentation goes on; texts are as written. */
export type MpdOutline = {
  readonly availabilityStartTime: string | null
  readonly periods: readonly PeriodOutline[]
}

type PeriodOutline = {
  readonly id: string | null
  readonly start: string | null
  readonly sets: readonly { readonly id: string | null; readonly representations: readonly string[] }[]
}

/** A change that players do not follow. `before` and `now`: the value, or names, of it. */
export type MpdChange = {
  readonly of: 'start' | 'period' | 'sets' | 'representations'
  /** Name of its Period; null for the presentation. */
  readonly period: string | null
  readonly before: string
  readonly now: string
}

/** The outline of an MPD; null where it is static or cannot be read, which is an alarm of its own. */
export function mpdOutline(bytes: Uint8Array): MpdOutline | null {
  let root: XmlElement
  try {
    root = parseXml(bytes, SLS_LIMITS.xml)
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
  if (root.local !== 'MPD' || attr(root, 'type') !== 'dynamic') return null
  return {
    availabilityStartTime: attr(root, 'availabilityStartTime'),
    periods: childrenOf(root, 'Period').map((period) => ({
      id: attr(period, 'id'),
      start: attr(period, 'start'),
      sets: childrenOf(period, 'AdaptationSet').map((set) => ({
        id: attr(set, 'id'),
        representations: childrenOf(set, 'Representation').map((one) => attr(one, 'id') ?? ''),
      })),
    })),
  }
}

/**
 * The first change that a later version of an MPD may not have (ISO/IEC 23009-1 5.4, DASH-IF IOP Timing "MPD updates"): of the start
 * of the presentation, of the start of a Period that both have, of its AdaptationSets or their Representations and their order.
 * @returns null where there is none
 */
export function forbiddenChange(before: MpdOutline, now: MpdOutline): MpdChange | null {
  if (before.availabilityStartTime !== now.availabilityStartTime) {
    const [was, is] = [before, now].map(({ availabilityStartTime }) => availabilityStartTime ?? 'none') as [
      string,
      string,
    ]
    return { of: 'start', period: null, before: was, now: is }
  }
  for (const [at, period] of now.periods.entries()) {
    const earlier = samePeriod(before, period, at)
    const change = earlier === undefined ? null : changeOfPeriod(earlier, period, at)
    if (change !== null) return change
  }
  return null
}

/** Periods without an id are the same where their start is. */
function samePeriod(before: MpdOutline, { id, start }: PeriodOutline, at: number): PeriodOutline | undefined {
  if (id !== null) return before.periods.find((one) => one.id === id)
  const [only] = before.periods
  if (at === 0 && before.periods.length === 1 && start === null && only?.id === null) return only
  return before.periods.find((one) => one.id === null && one.start !== null && one.start === start)
}

function changeOfPeriod(before: PeriodOutline, now: PeriodOutline, at: number): MpdChange | null {
  const period = now.id ?? String(at + 1)
  if (before.start !== null && now.start !== null && before.start !== now.start)
    return { of: 'period', period, before: before.start, now: now.start }
  const [setsBefore, setsNow] = [before, now].map(({ sets }) => sets.map(({ id }, index) => id ?? `${index + 1}`)) as [
    string[],
    string[],
  ]
  if (setsBefore.join('\n') !== setsNow.join('\n'))
    return { of: 'sets', period, before: setsBefore.join(', '), now: setsNow.join(', ') }
  for (const [index, { representations }] of now.sets.entries()) {
    const earlier = before.sets[index]?.representations ?? []
    if (earlier.join('\n') !== representations.join('\n'))
      return { of: 'representations', period, before: earlier.join(', '), now: representations.join(', ') }
  }
  return null
}
