import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './EmptyState.module.css'

type EmptyStateProps = {
  readonly icon?: LucideIcon
  readonly title: string
  /** Why there is no data, or when it appears. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

/** Placeholder of a view without data. */
export function EmptyState({ icon: Icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      {Icon !== undefined && <Icon size={22} strokeWidth={1.5} aria-hidden className={styles.icon} />}
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}
