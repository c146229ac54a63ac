import { useStore } from 'zustand'
import type { ServerSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount, UNKNOWN } from '../../model/format.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Figure } from '../forms/Figure.tsx'
import styles from '../forms/Forms.module.css'
import { RunHead } from '../forms/RunHead.tsx'
import { Places } from './Places.tsx'
import { addressesOf } from './serve-form.ts'

type ServingProps = { readonly server: ServerSnapshot; readonly isRunning: boolean }

/** A server of this session, running or stopped: its addresses and counts. */
export function Serving({ server, isRunning }: ServingProps) {
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const streams = useStore(sessionStore, ({ snapshot }) => snapshot?.streams)
  const networks = interfaces.flatMap(({ loopback, family, address }) =>
    loopback || family === 'IPv6' ? [] : [address],
  )
  const { baseUrl, places, requests, bytes, uploadedBytes, connections } = server
  const listeners = streams?.reduce((sum, { clients }) => sum + clients, 0) ?? 0
  return (
    <section className={styles.running} aria-label="Server">
      <RunHead
        isRunning={isRunning}
        words={isRunning ? 'Serving on' : 'Served on'}
        address={baseUrl}
        stops="Stop serving"
      />
      <dl className={styles.figures}>
        <Figure name="Requests" value={formatCount(requests)} />
        <Figure name="Sent" value={formatBytesShort(bytes)} />
        <Figure name="Uploaded" value={formatBytesShort(uploadedBytes)} />
        <Figure name="Connections" value={isRunning ? formatCount(connections) : UNKNOWN} />
        {(streams?.length ?? 0) > 0 && (
          <Figure name="Clients of streams" value={isRunning ? formatCount(listeners) : UNKNOWN} />
        )}
      </dl>
      <Places places={places} addresses={addressesOf(server, networks)} />
    </section>
  )
}
