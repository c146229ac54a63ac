import type { ReportAlarm } from './report.ts'
import type { RuleId } from './rules.ts'

/** An alarm in the window, with its object and frame. */
export type AlarmRow = ReportAlarm & {
  readonly rule: RuleId
  /** What `tsi` and `toi` number: TSI and TOI, or packet_id and MPU sequence number; null where both are null. */
  readonly carrier: 'lct' | 'mmtp' | null
  /** Row of its object; null where it has none. */
  readonly object: number | null
  /** Frame that shows it, from 1; null where unknown. */
  readonly frame: number | null
  /** What became of its object afterwards: how players get it, or that it was fetched; null where nothing did. */
  readonly detail: string | null
  /** When it and those of its rule at its place were over, stream seconds; null while they last. */
  readonly endTime: number | null
}
