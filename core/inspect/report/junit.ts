import type { Report, ReportAlarm } from '../../contract/report.ts'
import type { RuleProfile, RuleRow } from '../../contract/rule-row.ts'
import { RULES, type RuleId, ruleRow } from '../../contract/rules.ts'
import { utcText } from '../../protocol/ntp.ts'
import { XmlWriter } from '../../xml/xml-writer.ts'

/** Alarms listed in one test case. */
const MAX_LISTED = 100

/**
 * The alarms of a report as JUnit XML, which test servers show: a test case for each rule, failed by errors. Warnings and notes are its
 * output. Rules that the profile does not have are skipped.
 * @param profile null: judged by the severities of the rules
 */
export function junitOf({ source, alarms }: Pick<Report, 'source' | 'alarms'>, profile: RuleProfile | null): string {
  const byRule = new Map<string, ReportAlarm[]>()
  for (const alarm of alarms) byRule.set(alarm.rule, [...(byRule.get(alarm.rule) ?? []), alarm])
  const ids = Object.keys(RULES) as RuleId[]
  const skipped = ids.filter((id) => !byRule.has(id) && isOff(id, profile)).length
  const failures = ids.filter((id) => byRule.get(id)?.some(({ severity }) => severity === 'error')).length
  const { name, firstTime, lastTime } = source
  const time = firstTime === null || lastTime === null ? null : (lastTime - firstTime).toFixed(3)
  const timestamp = firstTime === null ? null : utcText(firstTime * 1e6).slice(0, 19)
  const sums = { tests: ids.length, failures, errors: 0, skipped }
  const xml = new XmlWriter().open('testsuites', { name: 'routescope', ...sums, time })
  xml.open('testsuite', { name, timestamp, ...sums, time })
  for (const id of ids) writeCase(xml, id, byRule.get(id) ?? [], profile)
  return xml.close().close().toString()
}

function writeCase(xml: XmlWriter, id: RuleId, alarms: readonly ReportAlarm[], profile: RuleProfile | null): void {
  const about = { classname: `routescope.${profile ?? 'rules'}`, name: id }
  if (alarms.length === 0 && !isOff(id, profile)) {
    xml.leaf('testcase', about)
    return
  }
  xml.open('testcase', about)
  if (alarms.length === 0) xml.leaf('skipped', { message: `not a rule of ${profile}` })
  const errors = alarms.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) xml.leaf('failure', { type: ruleRow(id).clause, message: first.text }, listed(errors))
  const others = alarms.filter(({ severity }) => severity !== 'error')
  if (others.length > 0) xml.leaf('system-out', {}, listed(others))
  xml.close()
}

const isOff = (id: RuleId, profile: RuleProfile | null): boolean => {
  const { profiles }: RuleRow = ruleRow(id)
  return profile !== null && profiles?.[profile] === 'off'
}

function listed(alarms: readonly ReportAlarm[]): string {
  const lines = alarms.slice(0, MAX_LISTED).map(({ time, severity, count, text }) => {
    const often = count === 1 ? '' : ` (${count} times)`
    return `${utcText(time * 1e6)} ${severity}: ${text}${often}`
  })
  const more = alarms.length - lines.length
  return [...lines, ...(more > 0 ? [`${more} more`] : [])].join('\n')
}
