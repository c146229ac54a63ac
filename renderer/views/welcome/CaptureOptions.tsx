import { useEffect } from 'react'
import { settingsStore } from '../../stores/settings-store.ts'
import { CommandLines } from './CommandLines.tsx'
import { ReceiveFields } from './ReceiveFields.tsx'
import { linesOf } from './receive-form.ts'
import { useReceiveForm } from './use-receive-form.ts'

/** Options for the next captures, whether chosen, dropped or recent. Invalid values are not stored. */
export function CaptureOptions() {
  const { parts, choices, problems, fields } = useReceiveForm('Open', settingsStore.getState().capture)
  useEffect(() => {
    if (problems.size === 0) settingsStore.setState({ capture: choices })
  }, [choices, problems])
  return (
    <>
      <ReceiveFields {...fields} />
      {fields.chosen > 0 && problems.size === 0 && <CommandLines lines={linesOf(parts, 'Open', 'CAPTURE', choices)} />}
    </>
  )
}
