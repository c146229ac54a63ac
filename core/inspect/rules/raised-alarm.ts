import type { LossCause, Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import { shownText } from '../../contract/shown-text.ts'
import type { FindingPlace } from '../../flow/findings.ts'
import type { Alarm, EndUs } from './alarm.ts'
import { sentenceOf } from './sentence.ts'

/** What a rule reports about a finding; part of its `Evidence`. */
type AlarmFacts = {
  readonly cause?: Alarm['cause']
  readonly evidence?: string | null
  readonly endUs?: EndUs
  readonly values: Readonly<Record<string, string | number>>
}

/** An alarm of the rules; a class, as a literal with a getter is made twenty times as slowly. */
export class RaisedAlarm implements Alarm {
  readonly rule: RuleId
  readonly severity: Severity
  readonly timeUs: number
  readonly frame: number
  service: FindingPlace['service']
  readonly carrier: FindingPlace['carrier']
  readonly object: number | null
  readonly destination: string | null
  readonly cause: LossCause | 'object' | null
  readonly evidence: string | null
  count = 1
  lastTimeUs: number
  readonly endUs: EndUs | undefined
  readonly #says: string | undefined
  readonly #values: Readonly<Record<string, string | number>>

  /** @param says which of the rule's sentences; undefined where it has one */
  constructor(rule: RuleId, severity: Severity, at: FindingPlace, facts: AlarmFacts, says: string | undefined) {
    const { cause = null, evidence = null, endUs, values } = facts
    this.rule = rule
    this.severity = severity
    this.timeUs = at.timeUs
    this.frame = at.frame
    this.service = at.service
    this.carrier = at.carrier
    this.object = at.object
    this.destination = at.destination
    this.cause = cause
    this.evidence = evidence
    this.endUs = endUs
    this.lastTimeUs = at.timeUs
    this.#says = says
    this.#values = values
  }

  /** Made when it is looked at: few of a storm are, and some values grow. */
  get text(): string {
    return shownText(sentenceOf(this.rule, this.#says, this.#values, this.count))
  }
}
