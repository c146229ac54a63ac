import { useState } from 'react'
import type { ReportAlarm } from '../../../core/contract/report.ts'
import { alarmKey } from './alarms-model.ts'

/** The selected alarm stays selected while snapshots replace the list. */
export function useAlarmSelection(rows: readonly ReportAlarm[]): readonly [number, (position: number) => void] {
  const [key, setKey] = useState<string | null>(null)
  const selected = key === null ? -1 : rows.findIndex((alarm) => alarmKey(alarm) === key)
  return [
    selected,
    (position) => {
      const alarm = rows[position]
      setKey(alarm === undefined ? null : alarmKey(alarm))
    },
  ]
}
