import { Plus, X } from 'lucide-react'
import { useId, useMemo } from 'react'
import { useStore } from 'zustand'
import { connectionStore } from '../../stores/connection-store.ts'
import { IconButton } from '../../ui/Button.tsx'
import styles from './ListenForm.module.css'
import { interfaceChoices } from './listen-model.ts'

type InterfaceFieldProps = {
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** The interfaces to join on: the system's choice, or one list per interface. */
export function InterfaceField({ chosen, onChange }: InterfaceFieldProps) {
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const choices = useMemo(() => interfaceChoices(interfaces), [interfaces])
  const id = useId()
  const lists = chosen.length === 0 ? [''] : chosen
  const left = choices.find((choice) => !chosen.includes(choice.value))
  const change = (at: number, value: string) =>
    onChange(lists.map((one, index) => (index === at ? value : one)).filter((one) => one !== ''))
  return (
    <div className={styles.field}>
      <label htmlFor={`${id}-0`}>Network interface</label>
      {lists.map((value, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a list has no identity but its position
        <div key={at} className={styles.interface}>
          <select
            id={`${id}-${at}`}
            className={styles.input}
            value={value}
            aria-label={at === 0 ? undefined : `Network interface ${at + 1}`}
            onChange={(event) => change(at, event.target.value)}
          >
            {at === 0 && lists.length === 1 && <option value="">Chosen by the system</option>}
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.text}
              </option>
            ))}
          </select>
          {lists.length > 1 && (
            <IconButton
              label={`Remove interface ${at + 1}`}
              icon={X}
              onClick={() => onChange(lists.filter((_, index) => index !== at))}
            />
          )}
          {at === lists.length - 1 && value !== '' && left !== undefined && (
            <IconButton label="Add an interface" icon={Plus} onClick={() => onChange([...lists, left.value])} />
          )}
        </div>
      ))}
    </div>
  )
}
