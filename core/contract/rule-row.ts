import type { Severity } from './report.ts'
import type { LogTopic } from './session-spec.ts'

/** Editions of standards, and an implementation, by which a signal is judged; without one the severities of the rows apply. */
export const RULE_PROFILES = ['a331-2017', 'a331-2019', 'rfc9223', 'dvb-mabr', 'gpac'] as const
export type RuleProfile = (typeof RULE_PROFILES)[number]

/** Scope in which a rule is raised once; later findings are counted. `each`: every finding is an alarm. */
export type RuleScope = 'each' | 'session' | 'destination' | 'channel' | 'service'

/** One health rule. */
export type RuleRow = {
  readonly severity: Severity
  /** Severity by profile where it differs; `off`: no alarm. */
  readonly profiles?: Readonly<Partial<Record<RuleProfile, Severity | 'off'>>>
  /** 1: tuning or decoding is impossible, 2: to be watched, 3: good practice. */
  readonly priority: 1 | 2 | 3
  readonly topic: LogTopic
  /** Document and clause of the rule; `ours` where no document has it. */
  readonly clause: string
  /** Limit that a person can change. */
  readonly threshold?: { readonly value: number; readonly unit: string }
  readonly once: RuleScope
  /** It is about a state of which nothing says that it is over. */
  readonly holds?: true
  /** Sentence with `{slots}` for the evidence, or several by name. */
  readonly sentence: string | Readonly<Record<string, string>>
  /** Severity of a named sentence where it differs from the rule's. */
  readonly severities?: Readonly<Record<string, Severity>>
}
