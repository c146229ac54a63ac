import { Check, TriangleAlert } from 'lucide-react'
import { useStore } from 'zustand'
import type { SessionSnapshot, SocketSnapshot } from '../../../core/contract/snapshot.ts'
import { again, chooseCapture, openDemo } from '../../app/session-actions.ts'
import { formatCount, formatSeconds } from '../../model/format.ts'
import { takesOption } from '../../model/options.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { Button } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { useNow } from '../../ui/use-now.ts'
import { diagnosis } from './diagnosis.ts'
import { otherInterfaces } from './listen-model.ts'
import styles from './WaitingView.module.css'

/** Shown before the first packet: joined groups, time waited, and advice. */
export function WaitingView({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const nowMs = useNow()
  const { sockets, label, startedWallUs } = snapshot.source
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const parts = useStore(connectionStore, partsOf)
  const canSwitch = useStore(
    sessionStore,
    ({ request }) => request === null || takesOption(parts, request, 'interfaces'),
  )
  const others = otherInterfaces(
    interfaces,
    sockets.map((socket) => socket.interface),
  )
  const waited = formatSeconds(nowMs / 1000 - startedWallUs / 1e6)
  const joined = sockets.filter((socket) => socket.problem === null)
  return (
    <main className={styles.screen} aria-label="Waiting for packets">
      <div className={styles.content}>
        <h1 className={styles.title}>
          Nothing received on {joined.length === 1 ? joined[0]?.destination : label} for{' '}
          <span className={styles.waited}>{waited}</span>
        </h1>
        <p className={styles.subtitle}>The views open with the first packet.</p>
        {sockets.length > 0 && (
          <ul className={styles.sockets} aria-label="What was joined">
            {sockets.map((socket) => (
              <SocketLine key={`${socket.destination} ${socket.interface}`} socket={socket} />
            ))}
          </ul>
        )}
        <section aria-label="What to try">
          <h2 className={styles.heading}>What to try</h2>
          <ul className={styles.tries}>
            <li>Check that the sender runs{sockets.length > 0 && ', and that its TTL reaches this network'}.</li>
            {sockets.length > 0 && (
              <li>
                Many switches forward multicast only with an IGMP querier, and wireless networks often not at all.
              </li>
            )}
            {sockets.length > 0 && <li>A firewall on this computer may drop UDP to the port above.</li>}
          </ul>
          {canSwitch && sockets.length > 0 && others.length > 0 && (
            <div className={styles.others}>
              <p>Listen on another interface:</p>
              <div>
                {others.map((one) => (
                  <Button key={one.address} onClick={() => void again({ interfaces: [one.address] })}>
                    {one.name}, {one.address}
                  </Button>
                ))}
              </div>
            </div>
          )}
          <div className={styles.actions}>
            <Button onClick={() => void chooseCapture()}>Open capture…</Button>
            <Button onClick={() => void openDemo()}>Try the demo</Button>
            <CopyButton worded label="Copy diagnosis" text={() => diagnosis(snapshot, interfaces, Date.now())} />
          </div>
        </section>
      </div>
    </main>
  )
}

function SocketLine({ socket }: { readonly socket: SocketSnapshot }) {
  const { problem, grantedBufferBytes: granted, askedBufferBytes: asked } = socket
  if (problem !== null) {
    return (
      <li className={styles.bad}>
        <TriangleAlert size={14} aria-hidden />
        <span>
          <strong>{socket.destination}</strong> {problem.message} {problem.tryThis}
        </span>
      </li>
    )
  }
  return (
    <li>
      <Check size={14} strokeWidth={2.4} aria-hidden />
      <span>
        Joined <strong>{socket.destination}</strong> on {socket.interface}
        {socket.filter !== null && `, ${socket.filter}`}
        {socket.passedOver > 0 && ` (${formatCount(socket.passedOver)} filtered out)`}
        <span className={styles.buffer}>
          receive buffer {formatCount(granted)} B{granted < asked && ` granted of ${formatCount(asked)} requested`}
        </span>
      </span>
    </li>
  )
}
