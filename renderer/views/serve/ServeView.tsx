import { useStore } from 'zustand'
import { sessionStore } from '../../stores/session-store.ts'
import styles from '../forms/Forms.module.css'
import { PassOn } from './PassOn.tsx'
import { ServeForm } from './ServeForm.tsx'
import own from './ServeView.module.css'
import { Serving } from './Serving.tsx'
import { Traffic } from './Traffic.tsx'

/**
 * Serves over HTTP: the forms, or what the session's servers have, who asks for it, and where files are pushed to; with every
 * request of each.
 */
export function ServeView() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const isRunning = snapshot?.phase === 'running' || snapshot?.phase === 'starting'
  const serves =
    snapshot !== null && [snapshot.clients, snapshot.servers, snapshot.pushes].some(({ length }) => length > 0)
  const isServing = isRunning && snapshot?.servers.length !== 0
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <div className={styles.view} data-main={serves ? undefined : true} tabIndex={0}>
      <div className={styles.content} data-filled={isServing}>
        {serves && <Serving snapshot={snapshot} isRunning={isRunning} />}
        {serves && <Traffic snapshot={snapshot} />}
        {snapshot?.receives === true && <PassOn />}
        {!isRunning && <ServeForm />}
        {isRunning && !isServing && (
          <details className={own.instead}>
            <summary>Serve folders instead of this session</summary>
            <ServeForm />
          </details>
        )}
      </div>
    </div>
  )
}
