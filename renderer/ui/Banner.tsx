import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Severity } from '../../core/contract/report.ts'
import styles from './Banner.module.css'
import { IconButton } from './Button.tsx'
import { SeverityGlyph } from './glyphs.tsx'

type BannerProps = {
  readonly severity: Severity
  readonly text: string
  /** What to do about it. */
  readonly tryThis?: string
  readonly actions?: ReactNode
  readonly onDismiss?: () => void
}

/** A sentence under the source bar, across the window. */
export function Banner({ severity, text, tryThis, actions, onDismiss }: BannerProps) {
  return (
    <div className={`${styles.banner} ${styles[severity]}`} role={severity === 'error' ? 'alert' : 'status'}>
      <SeverityGlyph severity={severity} />
      <p className={styles.words}>
        <span className={styles.text}>{text}</span> {tryThis !== undefined && <span>{tryThis}</span>}
      </p>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      {onDismiss !== undefined && <IconButton label="Dismiss" icon={X} onClick={onDismiss} />}
    </div>
  )
}
