import type { LossCause, Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import type { FindingPlace } from '../../flow/findings.ts'

/** Something that matters to a person, by the id of its health rule. Live: a rule raised once counts what follows. */
export type Alarm = FindingPlace & {
  readonly rule: RuleId
  readonly severity: Severity
  readonly text: string
  /** Who lost it; `object`: whoever lost what its object lacks, which may change. */
  readonly cause: LossCause | 'object' | null
  /** Findings it stands for. */
  count: number
  /** Of the last of them. */
  lastTimeUs: number
}

/** `3 packets`, `1 gap`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
