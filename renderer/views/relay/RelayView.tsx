import { useStore } from 'zustand'
import { isRelay } from '../../model/names.ts'
import { sessionStore } from '../../stores/session-store.ts'
import forms from '../forms/Forms.module.css'
import { RelayForm } from './RelayForm.tsx'
import styles from './RelayView.module.css'
import { SessionGraph } from './SessionGraph.tsx'

/** Relays media between sockets, files and broadcasts: the form, and the graph of the session, whatever it does. */
export function RelayView() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const isRunning = snapshot !== null && (snapshot.phase === 'running' || snapshot.phase === 'starting')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={forms.view} data-main tabIndex={0}>
      <div className={styles.content}>
        {snapshot !== null && <SessionGraph snapshot={snapshot} isRunning={isRunning} />}
        {!(isRunning && isRelay(snapshot)) && <RelayForm />}
      </div>
    </div>
  )
}
