import { Square } from 'lucide-react'
import { useStore } from 'zustand'
import type { ServerSnapshot } from '../../../core/contract/snapshot.ts'
import { stop } from '../../app/session-actions.ts'
import { formatBytesShort, formatCount, UNKNOWN } from '../../model/format.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { Figure } from '../send/Figure.tsx'
import { Places } from './Places.tsx'
import styles from './ServeView.module.css'
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
    <section className={styles.serving} aria-label="Server">
      <div className={styles.state}>
        <h2 data-running={isRunning}>
          {isRunning ? 'Serving on' : 'Served on'} <span className={styles.address}>{baseUrl}</span>
        </h2>
        {isRunning && (
          <Button variant="danger" icon={Square} onClick={() => void stop()}>
            Stop serving
          </Button>
        )}
      </div>
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
