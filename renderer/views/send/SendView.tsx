import { useStore } from 'zustand'
import { sessionStore } from '../../stores/session-store.ts'
import styles from '../forms/Forms.module.css'
import { SendForm } from './SendForm.tsx'
import { Sending } from './Sending.tsx'

/** Broadcasts a presentation: form and pre-flight, or the running broadcast with its counts. */
export function SendView() {
  const broadcast = useStore(sessionStore, ({ snapshot }) => snapshot?.broadcasts[0])
  const phase = useStore(sessionStore, ({ snapshot }) => snapshot?.phase)
  const isRunning = broadcast !== undefined && (phase === 'running' || phase === 'starting')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={styles.view} data-main tabIndex={0}>
      <div className={styles.content}>
        {broadcast !== undefined && <Sending broadcast={broadcast} isRunning={isRunning} />}
        {!isRunning && <SendForm />}
      </div>
    </div>
  )
}
