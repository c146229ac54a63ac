import type { LossCause } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import type { FindingKind, FindingOf, FindingPlace } from '../../flow/findings.ts'
import type { Alarm, EndUs } from './alarm.ts'
import type { WordsOf } from './sentence.ts'

/** Evidence of an alarm: place and values, and the key of a scope narrower than the rule's. */
export type Evidence<Id extends RuleId> = WordsOf<Id> & {
  readonly at: FindingPlace
  readonly key?: string | number
  /** Cause of the loss; `object`: the current cause of its object's loss. */
  readonly cause?: LossCause | 'object'
  /** It has become an error, whatever the rule's severity is. */
  readonly isError?: () => boolean
  /** What speaks for that cause. */
  readonly evidence?: string
  /** End of what lasts. */
  readonly endUs?: EndUs
}

/** Raises the alarms of a rule file. */
export interface Raise {
  /** Raises an alarm, or counts a repetition within the rule's scope. */
  raise<Id extends RuleId>(id: Id, evidence: Evidence<Id>): void
  /** An alarm's sentence and severity, without raising it; null where the rule is off. */
  alarmOf<Id extends RuleId>(id: Id, evidence: Evidence<Id>): Alarm | null
  /** The user's threshold, else the table's. */
  threshold(id: RuleId): number
}

/** Rules with a shared state, by the findings they judge. */
export type RuleFile = { readonly [Kind in FindingKind]?: (finding: FindingOf<Kind>, rules: Raise) => void }
