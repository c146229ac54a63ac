import { useStore } from 'zustand'
import type { RequestsSnapshot } from '../../../core/contract/served-requests.ts'
import { sessionStore } from '../../stores/session-store.ts'
import styles from '../forms/Forms.module.css'
import { Requests } from './Requests.tsx'
import { ServeForm } from './ServeForm.tsx'
import { Serving } from './Serving.tsx'

const NONE: readonly RequestsSnapshot[] = []

/** Serves folders over HTTP: the form, or the running server; with the requests of every server of the session. */
export function ServeView() {
  const server = useStore(sessionStore, ({ snapshot }) => snapshot?.servers[0])
  const phase = useStore(sessionStore, ({ snapshot }) => snapshot?.phase)
  const requests = useStore(sessionStore, ({ snapshot }) => snapshot?.requests ?? NONE)
  const isRunning = server !== undefined && (phase === 'running' || phase === 'starting')
  const hasTable = requests.length > 0
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={styles.view} data-main={hasTable ? undefined : true} tabIndex={0}>
      <div className={styles.content} data-filled={isRunning}>
        {server !== undefined && <Serving server={server} isRunning={isRunning} />}
        {hasTable && <Requests servers={requests} />}
        {!isRunning && <ServeForm />}
      </div>
    </div>
  )
}
