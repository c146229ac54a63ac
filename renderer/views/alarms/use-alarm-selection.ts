import { useState } from 'react'
import { type AlarmLine, alarmKey } from './alarms-model.ts'

const keyOf = (line: AlarmLine): string => (line.kind === 'group' ? line.key : alarmKey(line.alarm))

/** The selected line stays selected while snapshots replace the list. */
export function useAlarmSelection(lines: readonly AlarmLine[]): readonly [number, (position: number) => void] {
  const [key, setKey] = useState<string | null>(null)
  const selected = key === null ? -1 : lines.findIndex((line) => keyOf(line) === key)
  return [
    selected,
    (position) => {
      const line = lines[position]
      setKey(line === undefined ? null : keyOf(line))
    },
  ]
}
