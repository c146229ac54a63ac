import { Square } from 'lucide-react'
import { useStore } from 'zustand'
import type { BroadcastSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { stop } from '../../app/session-actions.ts'
import { formatBytesShort, formatCount, formatRate, UNKNOWN } from '../../model/format.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ChannelTable } from './ChannelTable.tsx'
import { Figure } from './Figure.tsx'
import { LossControl } from './LossControl.tsx'
import { NoteList } from './NoteList.tsx'
import { SelfLoop } from './SelfLoop.tsx'
import styles from './SendView.module.css'

type SendingProps = { readonly broadcast: BroadcastSnapshot; readonly isRunning: boolean }

/** A broadcast of this session, running or over: its counts in all and by channel. */
export function Sending({ broadcast, isRunning }: SendingProps) {
  const problems = useStore(sessionStore, ({ snapshot }) => snapshot?.problems)
  const loop = useStore(sessionStore, ({ snapshot }) => snapshot?.selfLoop ?? null)
  const { url, packets, bytes, rateBps, objects, lateMs, services, loss, keptBack, notTaken } = broadcast
  return (
    <section className={styles.sending} aria-label="Broadcast">
      <div className={styles.state}>
        <h2 data-running={isRunning}>
          {isRunning ? 'Sending to' : 'Sent to'} <span className={styles.address}>{url}</span>
        </h2>
        {isRunning && (
          <Button variant="danger" icon={Square} onClick={() => void stop()}>
            Stop sending
          </Button>
        )}
      </div>
      <dl className={styles.figures}>
        <Figure name="Rate" value={isRunning ? formatRate(rateBps) : UNKNOWN} />
        <Figure name="Packets" value={formatCount(packets)} />
        <Figure name="Sent" value={formatBytesShort(bytes)} />
        <Figure name="Objects" value={formatCount(objects)} />
        {notTaken > 0 && <Figure name="Not taken" value={formatCount(notTaken)} hint="by the network" />}
        {keptBack > 0 && <Figure name="Kept back" value={formatCount(keptBack)} />}
        <Figure name="Late" value={isRunning ? `${lateMs.toFixed(1)} ms` : UNKNOWN} />
      </dl>
      {isRunning && <LossControl loss={loss} keptBack={keptBack} />}
      <ChannelTable services={services} counts={isRunning ? 'running' : 'over'} />
      {loop !== null && <SelfLoop loop={loop} services={services} />}
      {problems !== undefined && problems.length > 0 && (
        <NoteList notes={problems.map(({ message, tryThis }) => ({ level: 'warning', message, tryThis }))} />
      )}
    </section>
  )
}
