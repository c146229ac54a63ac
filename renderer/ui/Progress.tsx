import { defined } from '../../core/contract/defined.ts'
import styles from './Progress.module.css'

type ProgressProps = {
  readonly label: string
  readonly done: number
  /** Null while unknown: the bar then shows activity only. */
  readonly total: number | null
}

export function Progress({ label, done, total }: ProgressProps) {
  const share = total !== null && total > 0 ? Math.min(1, done / total) : null
  return (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...defined({ 'aria-valuenow': share === null ? undefined : Math.round(share * 100) })}
    >
      <div
        className={share === null ? styles.unknown : styles.bar}
        style={share === null ? undefined : { transform: `scaleX(${share})` }}
      />
    </div>
  )
}
