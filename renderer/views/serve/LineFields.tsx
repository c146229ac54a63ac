import { FolderOpen, Plus } from 'lucide-react'
import { shell } from '../../app/shell.ts'
import { Button } from '../../ui/Button.tsx'
import { Chips } from '../forms/Chips.tsx'
import styles from '../forms/Forms.module.css'
import { LineField } from '../forms/LineField.tsx'

type FolderFieldProps = {
  readonly label: string
  readonly value: string
  readonly placeholder: string
  readonly onChange: (value: string) => void
  /** Absent: it cannot be removed. */
  readonly onRemove?: (() => void) | undefined
}

/** The name of a folder, with the folder dialog of the app. */
export function FolderField(props: FolderFieldProps) {
  const desktop = shell()
  const choose = async () => {
    const path = await desktop?.chooseFolder(props.value.trim())
    if (path != null) props.onChange(path)
  }
  return (
    <LineField {...props}>
      {desktop !== undefined && (
        <Button icon={FolderOpen} aria-label={`Choose ${props.label.toLowerCase()}`} onClick={() => void choose()}>
          Folder…
        </Button>
      )}
    </LineField>
  )
}

type LineFieldsProps = Pick<FolderFieldProps, 'label' | 'placeholder'> & {
  readonly values: readonly string[]
  readonly onValues: (values: readonly string[]) => void
  /** Label of the button that adds a line. */
  readonly adds: string
  /** Lines that are always there. */
  readonly least: number
  /** They name folders. */
  readonly areFolders?: boolean
}

/** Any number of such texts. */
export function LineFields({ label, placeholder, values, onValues, adds, least, areFolders = false }: LineFieldsProps) {
  const change = (at: number, value: string) => onValues(values.map((each, other) => (other === at ? value : each)))
  const Field = areFolders ? FolderField : LineField
  return (
    <div className={styles.lines}>
      {values.map((value, at) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          key={at}
          label={at === 0 ? label : `${label} ${at + 1}`}
          placeholder={placeholder}
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
