import { Square } from 'lucide-react'
import { stop } from '../../app/session-actions.ts'
import { Button } from '../../ui/Button.tsx'
import styles from './Forms.module.css'

type RunHeadProps = {
  readonly isRunning: boolean
  /** Such as "Sending to". */
  readonly words: string
  readonly address: string
  /** Label of the button that stops it; null: it cannot be stopped. */
  readonly stops: string | null
}

/** What runs, or ran, at which address, with the button that stops it. */
export function RunHead({ isRunning, words, address, stops }: RunHeadProps) {
  return (
    <div className={styles.state}>
      <h2 data-running={isRunning}>
        {words} <span className={styles.address}>{address}</span>
      </h2>
      {isRunning && stops !== null && (
        <Button variant="danger" icon={Square} onClick={() => void stop()}>
          {stops}
        </Button>
      )}
    </div>
  )
}
