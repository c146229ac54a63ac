import { X } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { IconButton } from '../../ui/Button.tsx'
import styles from './Forms.module.css'

type LineFieldProps = {
  readonly label: string
  readonly value: string
  readonly placeholder: string
  readonly onChange: (value: string) => void
  /** Absent: it cannot be removed. */
  readonly onRemove?: (() => void) | undefined
  /** Buttons that fill it in. */
  readonly children?: ReactNode
}

/** A text of one line. */
export function LineField({ label, value, placeholder, onChange, onRemove, children }: LineFieldProps) {
  const id = useId()
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <span className={styles.entry}>
        <input
          id={id}
          type="text"
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
        {children}
        {onRemove !== undefined && <IconButton label={`Remove ${label.toLowerCase()}`} icon={X} onClick={onRemove} />}
      </span>
    </div>
  )
}
