import { DELIVERY_RULES } from './delivery-rules.ts'
import { LIMIT_RULES } from './limit-rules.ts'
import { PICTURE_RULES } from './picture-rules.ts'
import type { RuleRow } from './rule-row.ts'
import { SIGNALLING_RULES } from './signalling-rules.ts'
import { SILENCE_RULES } from './silence-rules.ts'

/** Every health rule by its id. To add one, see "Add a rule" in CONTRIBUTING.md. */
export const RULES = {
  ...SIGNALLING_RULES,
  ...SILENCE_RULES,
  ...DELIVERY_RULES,
  ...LIMIT_RULES,
  ...PICTURE_RULES,
} as const satisfies Readonly<Record<string, RuleRow>>

/** Id of a health rule. */
export type RuleId = keyof typeof RULES

/** The row of a rule. */
export function ruleRow(id: RuleId): RuleRow {
  return RULES[id]
}
