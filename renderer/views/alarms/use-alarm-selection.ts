import { useState } from 'react'
import type { AlarmRow } from '../../../core/contract/alarm-row.ts'
import { alarmKey } from './alarms-model.ts'

/** The selected alarm stays selected while snapshots replace the list. */
export function useAlarmSelection(rows: readonly AlarmRow[]): readonly [number, (position: number) => void] {
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
