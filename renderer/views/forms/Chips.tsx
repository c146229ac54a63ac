import type { ReactNode } from 'react'
import styles from './Forms.module.css'

/** Small buttons that fill in a field. */
export function Chips({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <fieldset className={styles.chips} aria-label={label}>
      {children}
    </fieldset>
  )
}
