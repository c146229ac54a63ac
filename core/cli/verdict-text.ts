import type { Report, ReportAlarm, Severity } from '../contract/report.ts'
import type { RuleProfile } from '../contract/rule-row.ts'
import { type RuleId, ruleRow } from '../contract/rules.ts'

const NAMES: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }
const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** What a profile says of a signal: a line with the number of each severity, then one for each rule that was broken, the worst first. */
export function verdictLines({ alarms }: Pick<Report, 'alarms'>, profile: RuleProfile): string[] {
  const lines = ORDER.flatMap((severity) => {
    const byRule = new Map<string, ReportAlarm[]>()
    for (const alarm of alarms)
      if (alarm.severity === severity) byRule.set(alarm.rule, [...(byRule.get(alarm.rule) ?? []), alarm])
    return [...byRule].map(([rule, own]) => verdictLine(severity, rule, own))
  })
  const counts = ORDER.map((severity) => {
    const count = alarms.filter((alarm) => alarm.severity === severity).length
    return `${count} ${NAMES[severity]}${count === 1 ? '' : 's'}`
  })
  return [`Judged by ${profile}: ${counts.join(', ')}.`, ...lines]
}

function verdictLine(severity: Severity, rule: string, alarms: readonly ReportAlarm[]): string {
  const count = alarms.reduce((sum, alarm) => sum + alarm.count, 0)
  const often = count === 1 ? '' : ` ${count} times, first`
  return `${NAMES[severity]} ${rule} (${ruleRow(rule as RuleId).clause})${often}: ${alarms[0]?.text}`
}
