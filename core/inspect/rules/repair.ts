import type { RuleFile } from './raise.ts'
import { objectLabel } from './unreadable.ts'

/** Rules on the repair of incomplete objects. */
export const repairRules = (): RuleFile => ({
  objectRepaired: (at, rules) => {
    const values = { object: objectLabel(at), bytes: at.bytes, urls: at.urls.join(', ') }
    rules.raise('OBJ-REPAIRED', { at, says: at.absent ? 'whole' : 'filled', values })
  },
  objectUnrepaired: (at, rules) => {
    const values = { object: objectLabel(at), reason: at.reason ?? 'no reason given' }
    rules.raise('OBJ-UNREPAIRED', { at, says: at.absent ? 'absent' : 'filled', values })
  },
  fetchesRefused: (at, rules) => {
    const others = at.others === 0 ? '' : ` and ${at.others} more`
    rules.raise('OBJ-UNREPAIRED', { at, says: 'tooMany', values: { object: objectLabel(at), others } })
  },
})
