import { FolderOpen, Plus, X } from 'lucide-react'
import { useId } from 'react'
import { shell } from '../../app/shell.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Chips } from '../send/Chips.tsx'
import styles from './ServeView.module.css'

type LineFieldProps = {
  readonly label: string
  readonly value: string
  readonly placeholder: string
  readonly onChange: (value: string) => void
  /** It names a folder, which the app's dialog can choose. */
  readonly isFolder?: boolean
  /** Absent: it cannot be removed. */
  readonly onRemove?: (() => void) | undefined
}

/** A text of one line, with the folder dialog where it names a folder. */
export function LineField({ label, value, placeholder, onChange, isFolder = false, onRemove }: LineFieldProps) {
  const id = useId()
  const desktop = shell()
  const choose = async () => {
    const path = await desktop?.chooseFolder(value.trim())
    if (path != null) onChange(path)
  }
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
        {isFolder && desktop !== undefined && (
          <Button icon={FolderOpen} aria-label={`Choose ${label.toLowerCase()}`} onClick={() => void choose()}>
            Folder…
          </Button>
        )}
        {onRemove !== undefined && <IconButton label={`Remove ${label.toLowerCase()}`} icon={X} onClick={onRemove} />}
      </span>
    </div>
  )
}

type LineFieldsProps = Pick<LineFieldProps, 'label' | 'placeholder' | 'isFolder'> & {
  readonly values: readonly string[]
  readonly onValues: (values: readonly string[]) => void
  /** Label of the button that adds a line. */
  readonly adds: string
  /** Lines that are always there. */
  readonly least: number
}

/** Any number of such texts. */
export function LineFields({ label, values, onValues, adds, least, ...field }: LineFieldsProps) {
  const change = (at: number, value: string) => onValues(values.map((each, other) => (other === at ? value : each)))
  return (
    <div className={styles.lines}>
      {values.map((value, at) => (
        <LineField
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          key={at}
          {...field}
          label={at === 0 ? label : `${label} ${at + 1}`}
          value={value}
          onChange={(changed) => change(at, changed)}
          onRemove={values.length > least ? () => onValues(values.filter((_, other) => other !== at)) : undefined}
        />
      ))}
      <Chips label={adds}>
        <button type="button" onClick={() => onValues([...values, ''])}>
          <Plus size={12} aria-hidden /> {adds}
        </button>
      </Chips>
    </div>
  )
}
