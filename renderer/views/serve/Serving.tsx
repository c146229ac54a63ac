import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount, UNKNOWN } from '../../model/format.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { Figure } from '../forms/Figure.tsx'
import styles from '../forms/Forms.module.css'
import { RunHead } from '../forms/RunHead.tsx'
import { AddFolder } from './AddFolder.tsx'
import { mountsOf, reachOf } from './mounts.ts'
import { Places } from './Places.tsx'
import { Pushes } from './Pushes.tsx'

type ServingProps = {
  readonly snapshot: SessionSnapshot
  readonly isRunning: boolean
}

/** What the servers of a session have and do, running or stopped, and where files are pushed to. */
export function Serving({ snapshot, isRunning }: ServingProps) {
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const { servers, clients, pushes } = snapshot
  // What was received stays there for players until the session is closed.
  const isUp = isRunning || snapshot.gateways.length + snapshot.origins.length > 0
  const mounts = useMemo(() => mountsOf(snapshot), [snapshot])
  const reaches = useMemo(() => {
    const networks = interfaces.flatMap(({ loopback, family, address }) =>
      loopback || family === 'IPv6' ? [] : [address],
    )
    const listening = isUp ? clients : []
    return new Map(listening.map(({ baseUrl, host }) => [baseUrl, reachOf(baseUrl, host, networks)]))
  }, [clients, interfaces, isUp])
  const addresses = [...new Set(mounts.map(({ baseUrl }) => baseUrl))]
  const { requests, sent, received, held } = totalsOf(snapshot)
  const [server] = servers
  return (
    <section className={styles.running} aria-label="Server">
      <RunHead
        isRunning={isUp}
        words={isUp ? 'Serving on' : 'Served on'}
        address={addresses.join(', ')}
        stops={isRunning ? (snapshot.receives ? 'Stop the session' : 'Stop serving') : null}
      />
      <dl className={styles.figures}>
        <Figure name="Requests" value={formatCount(requests)} />
        <Figure name="Sent" value={formatBytesShort(sent)} />
        <Figure name="Uploaded" value={formatBytesShort(received)} />
        <Figure name="Waiting" value={isUp ? formatCount(held) : UNKNOWN} />
        <Figure
          name="Connections"
          value={isUp ? formatCount(clients.reduce((sum, each) => sum + each.clients.length, 0)) : UNKNOWN}
        />
      </dl>
      {mounts.length > 0 && (
        <Places mounts={mounts} reaches={reaches}>
          {isRunning && server !== undefined && <AddFolder listen={server.listen} />}
        </Places>
      )}
      {pushes.length > 0 && <Pushes pushes={pushes} isRunning={isRunning} />}
    </section>
  )
}

/** Sums over all servers of a session. */
function totalsOf({ servers, streams, origins, uploads, gateways, requests }: SessionSnapshot) {
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
  return {
    requests: sum(requests.map(({ total }) => total)),
    sent: sum([
      ...[...servers, ...origins, ...gateways].map(({ bytes }) => bytes),
      ...streams.map((stream) => stream.sent),
    ]),
    received: sum([...servers.map(({ uploadedBytes }) => uploadedBytes), ...uploads.map(({ bytes }) => bytes)]),
    held: sum(
      requests.map(
        ({ places }) =>
          places.filter(
            ({ heldSinceUs, heldUs, state }) => heldSinceUs !== null && heldUs === null && state === 'waiting',
          ).length,
      ),
    ),
  }
}
