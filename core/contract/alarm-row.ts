import type { ReportAlarm } from './report.ts'
import type { RuleId } from './rules.ts'

/** An alarm in the window: with what it is about. */
export type AlarmRow = ReportAlarm & {
  readonly rule: RuleId
  /** Row of the object it is about; null where it is about none. */
  readonly object: number | null
  /** Frame that shows it, from 1; null where none is known. */
  readonly frame: number | null
  /** Findings it stands for; `time` is that of the first. */
  readonly count: number
  readonly lastTime: number
}
