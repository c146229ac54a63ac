import type { LossCause } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import type { FindingKind, FindingOf, FindingPlace } from '../../flow/findings.ts'
import type { Alarm } from './alarm.ts'
import type { WordsOf } from './sentence.ts'

/** What proves an alarm: place, values, and where the rule is raised once for something narrower than its scope, what that is. */
export type Evidence<Id extends RuleId> = WordsOf<Id> & {
  readonly at: FindingPlace
  readonly key?: string | number
  /** Who lost it; `object`: whoever lost what its object lacks. */
  readonly cause?: LossCause | 'object'
}

/** What a rule file is given to raise its alarms with. */
export interface Raise {
  /** An alarm; where the rule has been raised for the same thing before, one more of it. */
  raise<Id extends RuleId>(id: Id, evidence: Evidence<Id>): void
  /** An alarm's words and severity, without raising it; null where the rule is off. */
  alarmOf<Id extends RuleId>(id: Id, evidence: Evidence<Id>): Alarm | null
  /** The user's number, else the table's. */
  threshold(id: RuleId): number
}

/** Rules that share one state, by the findings they judge. */
export type RuleFile = { readonly [Kind in FindingKind]?: (finding: FindingOf<Kind>, rules: Raise) => void }
