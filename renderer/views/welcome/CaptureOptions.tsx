import { useEffect } from 'react'
import { choiceName } from '../../../core/contract/choices.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Segmented } from '../../ui/Segmented.tsx'
import { CommandLines } from './CommandLines.tsx'
import { ReceiveFields } from './ReceiveFields.tsx'
import { linesOf } from './receive-form.ts'
import { useReceiveForm } from './use-receive-form.ts'
import styles from './WelcomeView.module.css'

/** The option that has buttons of its own. */
const PACE = 'pace'

/** Options for the next captures, whether chosen, dropped or recent. Invalid values are not stored. */
export function CaptureOptions() {
  const { parts, choices, problems, fields } = useReceiveForm('Open', settingsStore.getState().capture)
  useEffect(() => {
    if (problems.size === 0) settingsStore.setState({ capture: choices })
  }, [choices, problems])
  const others = fields.rows.filter((row) => choiceName(row) !== PACE)
  return (
    <>
      <div className={styles.pace}>
        <span>Read it</span>
        <Segmented
          label="Pace"
          value={choices[PACE] === 'real' ? 'real' : 'fast'}
          onChange={(pace) => fields.onDraft(PACE, pace)}
          options={[
            { value: 'fast', text: 'At full speed' },
            { value: 'real', text: 'In real time' },
          ]}
        />
      </div>
      <ReceiveFields {...fields} rows={others} chosen={fields.chosen - (choices[PACE] === undefined ? 0 : 1)} />
      {fields.chosen > 0 && problems.size === 0 && <CommandLines lines={linesOf(parts, 'Open', 'CAPTURE', choices)} />}
    </>
  )
}
