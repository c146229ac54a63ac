import { Square } from 'lucide-react'
import { useStore } from 'zustand'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { stop } from '../../app/session-actions.ts'
import { isRelay } from '../../model/names.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import forms from '../forms/Forms.module.css'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { EndTable } from './EndTable.tsx'
import { Graph } from './Graph.tsx'
import { LinkTable } from './LinkTable.tsx'
import styles from './RelayView.module.css'
import { useSessionLines } from './use-session-lines.ts'

type SessionGraphProps = { readonly snapshot: SessionSnapshot; readonly isRunning: boolean }

/** The graph of a session as it runs or has run: parts, links with their rates and queues, and the same as command lines. */
export function SessionGraph({ snapshot, isRunning }: SessionGraphProps) {
  const descriptions = useStore(connectionStore, partsOf)
  const lines = useSessionLines(snapshot.sessionId)
  const { parts, traffic, media, problems, phase } = snapshot
  const relays = isRelay(snapshot)
  return (
    <section className={styles.session} aria-label="Graph of the session">
      <div className={forms.state}>
        <h2 data-running={isRunning} data-failed={phase === 'failed'}>
          {relays ? RELAY_STATES[phase] : 'How the session runs'}
        </h2>
        {isRunning && relays && (
          <Button variant="danger" icon={Square} onClick={() => void stop()}>
            Stop relaying
          </Button>
        )}
      </div>
      {relays && problems.map((problem) => <ErrorBlock key={problem.message} error={problem} />)}
      <Graph label="Graph" parts={parts} links={traffic} traffic={traffic} isRunning={isRunning} />
      {media.length > 0 && <EndTable media={media} />}
      <LinkTable parts={parts} traffic={traffic} descriptions={descriptions} />
      {lines !== null && <CommandLines lines={lines} label="The session on a command line" />}
    </section>
  )
}

const RELAY_STATES: Readonly<Record<SessionSnapshot['phase'], string>> = {
  starting: 'Starting to relay',
  running: 'Relaying',
  finished: 'Relayed to its end',
  stopped: 'Relaying was stopped',
  failed: 'Relaying failed',
}
