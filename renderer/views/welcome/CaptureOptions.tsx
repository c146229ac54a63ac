import { useEffect, useState } from 'react'
import { settingsStore } from '../../stores/settings-store.ts'
import { Segmented } from '../../ui/Segmented.tsx'
import { CommandLines } from './CommandLines.tsx'
import { ReceiveFields } from './ReceiveFields.tsx'
import { linesOf } from './receive-form.ts'
import { useReceiveForm } from './use-receive-form.ts'
import styles from './WelcomeView.module.css'

type Pace = 'fast' | 'real'

/** Pace and options for the next captures, whether chosen, dropped or recent. Invalid values are not stored. */
export function CaptureOptions() {
  const { parts, choices, problems, fields } = useReceiveForm('Open', settingsStore.getState().capture)
  const [pace, setPace] = useState<Pace>(settingsStore.getState().capture.pace === 'real' ? 'real' : 'fast')
  useEffect(() => {
    // It has buttons instead of a row: `routescope open` takes no pace.
    if (problems.size === 0) settingsStore.setState({ capture: pace === 'real' ? { ...choices, pace } : choices })
  }, [choices, problems, pace])
  return (
    <>
      <div className={styles.pace}>
        <span>Read it</span>
        <Segmented
          label="Pace"
          value={pace}
          onChange={setPace}
          options={[
            { value: 'fast', text: 'At full speed' },
            { value: 'real', text: 'In real time' },
          ]}
        />
      </div>
      <ReceiveFields {...fields} />
      {fields.chosen > 0 && problems.size === 0 && <CommandLines lines={linesOf(parts, 'Open', 'CAPTURE', choices)} />}
    </>
  )
}
