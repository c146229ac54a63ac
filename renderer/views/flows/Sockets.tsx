import type { LeftSnapshot, SocketSnapshot } from '../../../core/contract/snapshot.ts'
import { formatCount, UNKNOWN } from '../../model/format.ts'
import styles from './FlowsView.module.css'

type SocketsProps = { readonly sockets: readonly SocketSnapshot[]; readonly left: readonly LeftSnapshot[] }

/** Joined groups with their interface, receive buffer and drops, and groups left for now. */
export function Sockets({ sockets, left }: SocketsProps) {
  if (sockets.length === 0 && left.length === 0) return null
  return (
    <section className={styles.sockets} aria-label="Sockets">
      <ul>
        {sockets.map((socket) => (
          <li key={`${socket.destination} ${socket.interface}`}>
            <span>
              {socket.destination} on {socket.interface}
            </span>
            <span>
              receive buffer {formatCount(socket.grantedBufferBytes)} B
              {socket.grantedBufferBytes < socket.askedBufferBytes &&
                ` of ${formatCount(socket.askedBufferBytes)} requested`}
            </span>
            <span>read {socket.reading}</span>
            <span data-bad={(socket.droppedByHost ?? 0) > 0}>
              dropped by this computer {socket.droppedByHost === null ? UNKNOWN : formatCount(socket.droppedByHost)}
            </span>
            {socket.filter !== null && <span>{socket.filter}</span>}
            {socket.passedOver > 0 && <span>filtered out {formatCount(socket.passedOver)}</span>}
            {socket.problem !== null && <span data-bad>{socket.problem.message}</span>}
          </li>
        ))}
        {left.map(({ destination, reason }) => (
          <li key={`left ${destination}`}>
            <span>{destination} left</span>
            <span>{reason}; joined again when a player asks for it</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
