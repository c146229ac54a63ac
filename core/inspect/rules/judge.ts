import type { Severity } from '../../contract/report.ts'
import type { RuleProfile } from '../../contract/rule-row.ts'
import { type RuleId, ruleRow } from '../../contract/rules.ts'
import type { Finding, FindingKind, FindingPlace } from '../../flow/findings.ts'
import { type Alarm, channelOf } from './alarm.ts'
import type { Evidence, Raise } from './raise.ts'
import { RaisedAlarm } from './raised-alarm.ts'
import { makeRules } from './rule-files.ts'

/** Alarms of one rule remembered for later findings. */
const MAX_REMEMBERED = 1024

/** Settings by rule; absent ones are those of the table. */
export type RuleSettings = {
  readonly profile?: RuleProfile
  readonly muted?: readonly RuleId[]
  readonly thresholds?: Readonly<Partial<Record<RuleId, number>>>
}

/**
 * Makes alarms of findings. Once-only, counting, severity by profile, muting and thresholds are here, for all rules.
 */
export class Judge implements Raise {
  readonly #settings: RuleSettings
  readonly #onAlarm: (alarm: Alarm) => void
  readonly #files = new Map<FindingKind, ((finding: Finding, rules: Raise) => void)[]>()
  /** By rule and scope. */
  readonly #raised = new Map<RuleId, Map<string, Alarm>>()

  #raisedCount = 0

  constructor(onAlarm: (alarm: Alarm) => void, settings: RuleSettings = {}) {
    this.#onAlarm = onAlarm
    this.#settings = settings
    for (const file of makeRules()) {
      for (const [kind, judge] of Object.entries(file)) {
        const judges = this.#files.get(kind as FindingKind) ?? []
        judges.push(judge as (finding: Finding, rules: Raise) => void)
        this.#files.set(kind as FindingKind, judges)
      }
    }
  }

  /** Grows with each alarm and each repetition. */
  get raised(): number {
    return this.#raisedCount
  }

  found(finding: Finding): void {
    for (const judge of this.#files.get(finding.kind) ?? []) judge(finding, this)
  }

  threshold(id: RuleId): number {
    return this.#settings.thresholds?.[id] ?? ruleRow(id).threshold?.value ?? 0
  }

  raise<Id extends RuleId>(id: Id, evidence: Evidence<Id>): void {
    this.#raisedCount++
    const { at, key } = evidence
    const scope = scopeOf(id, at, key)
    const raised = this.#raised.get(id) ?? new Map<string, Alarm>()
    this.#raised.set(id, raised)
    const before = scope === null ? undefined : raised.get(scope)
    if (before !== undefined) {
      before.count++
      before.lastTimeUs = at.timeUs
      return
    }
    if (scope !== null && raised.size >= MAX_REMEMBERED) return
    const alarm = this.alarmOf(id, evidence)
    if (alarm === null) return
    if (scope !== null) raised.set(scope, alarm)
    this.#onAlarm(alarm)
  }

  alarmOf<Id extends RuleId>(id: Id, evidence: Evidence<Id>): Alarm | null {
    const { at, isError } = evidence
    const { says } = evidence as { says?: string }
    const severity = this.#severity(id, says)
    if (severity === 'off') return null
    const alarm = new RaisedAlarm(id, severity, at, evidence, says)
    return isError === undefined ? alarm : worsening(alarm, isError)
  }

  #severity(id: RuleId, says: string | undefined): Severity | 'off' {
    const { profile, muted } = this.#settings
    if (muted?.includes(id)) return 'off'
    const { severity, severities, profiles } = ruleRow(id)
    const own = says === undefined ? undefined : severities?.[says]
    return own ?? (profile === undefined ? undefined : profiles?.[profile]) ?? severity
  }
}

/** An alarm that is an error once `isError` says so. */
function worsening(alarm: Alarm, isError: () => boolean): Alarm {
  const { severity } = alarm
  return Object.defineProperty(alarm, 'severity', { get: () => (isError() ? 'error' : severity), enumerable: true })
}

/** Scope within which an alarm is raised once; null where each finding is an alarm. */
function scopeOf(id: RuleId, at: FindingPlace, key: string | number = ''): string | null {
  const { destination, service } = at
  switch (ruleRow(id).once) {
    case 'each':
      return null
    case 'session':
      return String(key)
    case 'service':
      return `${service} ${key}`
    case 'destination':
      return `${destination} ${key}`
    case 'channel':
      return `${destination} ${channelOf(at)} ${key}`
  }
}
