import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './Button.tsx'
import styles from './FormScreen.module.css'

type FormScreenProps = {
  readonly title: string
  /** Accessible name. */
  readonly label: string
  readonly onBack: () => void
  readonly children: ReactNode
}

/** A view instead of the first screen, with the way back to it. */
export function FormScreen({ title, label, onBack, children }: FormScreenProps) {
  return (
    <main className={styles.screen} aria-label={label}>
      <div className={styles.screenHead}>
        <IconButton label="Back to the start" icon={ArrowLeft} onClick={onBack} />
        <h1>{title}</h1>
      </div>
      <div className={styles.screenBody}>{children}</div>
    </main>
  )
}
