import { useStore } from 'zustand'
import type { BroadcastSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { formatBytesShort, formatCount, formatRate, UNKNOWN } from '../../model/format.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Figure } from '../forms/Figure.tsx'
import styles from '../forms/Forms.module.css'
import { RunHead } from '../forms/RunHead.tsx'
import { ChannelTable } from './ChannelTable.tsx'
import { LossControl } from './LossControl.tsx'
import { NoteList } from './NoteList.tsx'
import { SelfLoop } from './SelfLoop.tsx'

type SendingProps = { readonly broadcast: BroadcastSnapshot; readonly isRunning: boolean }

/** A broadcast of this session, running or over: its counts in all and by channel. */
export function Sending({ broadcast, isRunning }: SendingProps) {
  const problems = useStore(sessionStore, ({ snapshot }) => snapshot?.problems)
  const loop = useStore(sessionStore, ({ snapshot }) => snapshot?.selfLoop ?? null)
  const { url, packets, bytes, rateBps, objects, lateMs, services, loss, keptBack, notTaken } = broadcast
  return (
    <section className={styles.running} aria-label="Broadcast">
      <RunHead isRunning={isRunning} words={isRunning ? 'Sending to' : 'Sent to'} address={url} stops="Stop sending" />
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
