import type { LucideIcon } from 'lucide-react'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import styles from './Forms.module.css'
import type { Start } from './use-start.ts'

type StartButtonProps = {
  readonly start: Start
  readonly label: string
  /** Label of the button that accepts the risks. */
  readonly anyway: string
  readonly icon: LucideIcon
  readonly disabled: boolean
}

/** The button that starts what a form describes, the question before its risks in the button's place, and why it failed. */
export function StartButton({ start, label, anyway, icon, disabled }: StartButtonProps) {
  const { asked, isStarting, error } = start
  return (
    <>
      {asked.length > 0 ? (
        <div className={styles.risks} role="alert">
          {asked.map((risk) => (
            <p key={risk}>{risk}</p>
          ))}
          <span>
            <Button variant="danger" onClick={start.accept}>
              {anyway}
            </Button>
            <Button variant="quiet" onClick={start.back}>
              Back
            </Button>
          </span>
        </div>
      ) : (
        <Button type="submit" variant="primary" size="large" icon={icon} disabled={isStarting || disabled}>
          {isStarting ? 'Starting…' : label}
        </Button>
      )}
      {error !== null && <ErrorBlock error={error} />}
    </>
  )
}
