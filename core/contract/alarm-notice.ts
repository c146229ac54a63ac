import type { AlarmRow } from './alarm-row.ts'

/** That alarms of one rule at one place began or ended; of like ones the first is told. Times are seconds of the stream. */
export type AlarmNotice = Pick<
  AlarmRow,
  'rule' | 'severity' | 'service' | 'carrier' | 'tsi' | 'time' | 'lastTime' | 'text'
> & {
  readonly state: 'begin' | 'end'
  /** Findings so far. */
  readonly count: number
  /** Null while it lasts. */
  readonly endTime: number | null
}
