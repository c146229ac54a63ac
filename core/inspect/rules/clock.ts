import { wordList } from '../../contract/word-list.ts'
import type { TableGap } from '../../flow/findings.ts'
import { type ClockLimits, JITTER } from '../clock/clock-limits.ts'
import type { EndUs } from './alarm.ts'
import { begun, clockTime, ended, seconds } from './outage.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Limits of the rules below, as they are set now. */
export function clockLimits(rules: Pick<Raise, 'threshold'>): ClockLimits {
  return {
    get signalUs() {
      return rules.threshold('SIGNAL-GONE') * 1e6
    },
    get serviceUs() {
      return rules.threshold('SERVICE-SILENT') * 1e6
    },
    get llsUs() {
      return rules.threshold('LLS-PRESENT') * 1e6
    },
    get slsPresentUs() {
      return rules.threshold('SLS-PRESENT') * 1e6
    },
    get sltUs() {
      return rules.threshold('LLS-SLT-INTERVAL') * JITTER * 1e6
    },
    get sltUsualUs() {
      return rules.threshold('LLS-SLT-SLOW') * JITTER * 1e6
    },
    get systemTimeUs() {
      return rules.threshold('LLS-ST-INTERVAL') * JITTER * 1e6
    },
    get slsUs() {
      return rules.threshold('SLS-INTERVAL') * JITTER * 1e6
    },
    get slsUsualUs() {
      return (rules.threshold('SLS-INTERVAL') / 5) * JITTER * 1e6
    },
    get channelUs() {
      return rules.threshold('RATE-DROP') * 1e6
    },
    get segmentLateUs() {
      return rules.threshold('SEG-LATE') * 1e6
    },
    get agreementUs() {
      return rules.threshold('STSID-MPD-MATCH') * 1e6
    },
    get manifestUs() {
      return rules.threshold('MPD-INTERVAL') * 1e6
    },
  }
}

/** Rules on what does not come, or too seldom: the signal, a service, tables. */
export const clockRules = (): RuleFile => ({
  signalGone: (at, rules) => {
    rules.raise('SIGNAL-GONE', { at, says: 'gone', values: begun(at.outage), endUs: () => at.outage.untilUs })
  },
  signalBack: (at, rules) => {
    rules.raise('SIGNAL-GONE', { at, says: 'back', values: ended(at.outage) })
  },
  serviceSilent: (at, rules) => {
    const values = begun(at.outage)
    const service = serviceText(at)
    rules.raise('SERVICE-SILENT', {
      at,
      says: 'silent',
      endUs: () => at.outage.untilUs,
      values: {
        service,
        since: values.since,
        limit: values.limit,
        get end() {
          return values.end
        },
      },
    })
  },
  llsAbsent: (at, rules) => {
    rules.raise('LLS-PRESENT', { at, values: { limit: seconds(at.limitUs) }, endUs: () => at.absence.untilUs })
  },
  slsAbsent: (at, rules) => {
    const { missing, any, hasPackets, absence } = at
    const endUs: EndUs = () => absence.untilUs
    const values = { service: serviceText(at), limit: seconds(at.limitUs), destination: at.destination ?? '' }
    if (!hasPackets) rules.raise('SLS-PRESENT', { at, says: 'packets', values, endUs })
    else if (!any) rules.raise('SLS-PRESENT', { at, says: 'none', values, endUs })
    else rules.raise('SLS-PRESENT', { at, says: 'part', values: { ...values, missing: wordList(missing) }, endUs })
  },
  tableLate: (at, rules) => {
    const { of, table, gap } = at
    const evidence = { at, values: late(table, gap), endUs: untilItComes(gap) }
    if (of === 'slt') rules.raise('LLS-SLT-INTERVAL', { ...evidence, key: table })
    else if (of === 'systemTime') rules.raise('LLS-ST-INTERVAL', { ...evidence, key: table })
    else rules.raise('SLS-INTERVAL', { ...evidence, key: `late ${table}`, says: 'late' })
  },
  tableSlow: (at, rules) => {
    const { of, table, medianUs, limitUs } = at
    const values = {
      table,
      limit: seconds(limitUs / JITTER),
      get interval() {
        return seconds(medianUs())
      },
    }
    if (of === 'slt') rules.raise('LLS-SLT-SLOW', { at, key: table, values })
    else rules.raise('SLS-INTERVAL', { at, key: `slow ${table}`, says: 'slow', values })
  },
  manifestLate: (at, rules) => {
    rules.raise('MPD-INTERVAL', { at, key: at.table, values: late(at.table, at.gap, 1), endUs: untilItComes(at.gap) })
  },
  manifestChanged: (at, rules) => {
    const { manifest, change } = at
    const { of, period, before, now } = change
    const key = `${manifest} ${of} ${period}`
    if (of === 'start') rules.raise('MPD-UPDATE', { at, key, says: of, values: { manifest, before, now } })
    else rules.raise('MPD-UPDATE', { at, key, says: of, values: { manifest, period: period ?? '', before, now } })
  },
  versionUnchanged: (at, rules) => {
    const { scope, table, version } = at
    const evidence = { at, key: `${table} ${version}`, values: { table, version } }
    if (scope === 'lls') rules.raise('LLS-VERSION', evidence)
    else rules.raise('SLS-VERSION', evidence)
  },
  serviceBack: (at, rules) => {
    rules.raise('SERVICE-SILENT', { at, says: 'back', values: { service: serviceText(at), ...ended(at.outage) } })
  },
})

/** A table that is late may be late again. */
const untilItComes =
  (gap: TableGap): EndUs =>
  () =>
    gap.sinceUs === null ? undefined : null

/** Slots of an alarm about a table that does not come: its gap is that of now. */
function late(table: string, gap: TableGap, jitter = JITTER) {
  return {
    table,
    limit: seconds(gap.limitUs / jitter),
    get gap() {
      const { sinceUs, longestUs, times } = gap
      const often = times > 1 ? `, ${times} times so far` : ''
      if (sinceUs !== null) return `has not come since ${clockTime(sinceUs)}${often}`
      return `did not come for ${seconds(longestUs)} s${times > 1 ? ` at the longest${often}` : ''}`
    },
  }
}

/** `Service 5 "Alpha"`. */
export function serviceText({ service, serviceName }: { service: number | null; serviceName: string | null }): string {
  return serviceName === null ? `Service ${service}` : `Service ${service} "${serviceName}"`
}
