import type { ReactNode } from 'react'
import type { AppError } from '../../core/contract/app-error.ts'
import styles from './ErrorBlock.module.css'
import { SeverityGlyph } from './glyphs.tsx'

/** An error beside its cause, with advice and actions. */
export function ErrorBlock({ error, actions }: { readonly error: AppError; readonly actions?: ReactNode }) {
  return (
    <div className={styles.block} role="alert" data-code={error.code}>
      <SeverityGlyph severity="error" />
      <div className={styles.words}>
        <p className={styles.message}>{error.message}</p>
        <p className={styles.try}>{error.tryThis}</p>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  )
}
