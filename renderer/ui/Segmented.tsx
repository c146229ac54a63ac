import type { KeyboardEvent } from 'react'
import styles from './Segmented.module.css'

type SegmentedProps<Value extends string> = {
  readonly label: string
  readonly options: readonly { readonly value: Value; readonly text: string }[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** Left and right arrows choose the neighbour, as in a radio group. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  if (step === 0 || event.ctrlKey || event.altKey || event.metaKey) return
  const choices = [...event.currentTarget.querySelectorAll('button')]
  const next = choices[choices.indexOf(document.activeElement as HTMLButtonElement) + step]
  if (next === undefined) return
  next.focus()
  next.click()
  event.preventDefault()
  event.stopPropagation()
}

/** A choice of a few values, side by side. */
export function Segmented<Value extends string>({ label, options, value, onChange }: SegmentedProps<Value>) {
  return (
    <fieldset className={styles.group} aria-label={label} onKeyDown={walk}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </fieldset>
  )
}
