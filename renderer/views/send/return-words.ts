import type { Severity } from '../../../core/contract/report.ts'
import type { ReturnState, SelfLoopSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { formatCount } from '../../model/format.ts'

/** What became of a sent object, in words. */
export const RETURN_TEXT: Readonly<Record<ReturnState, string>> = {
  coming: 'on the way',
  equal: 'equal',
  late: 'equal, late',
  differs: 'with other bytes',
  incomplete: 'incomplete',
  lost: 'lost',
  unheard: 'sent before it was heard',
  cut: 'cut at the end',
}

/** The object did not come back as it was sent, or not in time. */
export function isWrong(state: ReturnState): boolean {
  return severityOf(state) !== null
}

export function severityOf(state: ReturnState): Severity | null {
  if (state === 'differs' || state === 'incomplete' || state === 'lost') return 'error'
  return state === 'late' ? 'warning' : null
}

/** One sentence about all that has come back so far. */
export function verdictOf({ counts, strange }: SelfLoopSnapshot): {
  readonly severity: Severity | null
  readonly text: string
} {
  const { equal, late, differs, incomplete, lost } = counts
  const back = equal + late
  const wrong = differs + incomplete + lost
  if (back + wrong === 0) return { severity: null, text: 'nothing yet' }
  const severity = wrong > 0 ? 'error' : late + strange > 0 ? 'warning' : null
  return { severity, text: `${formatCount(back)} of ${formatCount(back + wrong)} objects equal` }
}
