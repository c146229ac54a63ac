import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { formatCount } from '../../model/format.ts'
import { lossLines, SLOW_MS } from '../../model/losses.ts'
import styles from './FlowsView.module.css'

/** Drops and lag of this and the capturing computer, and losses by cause. */
export function HostRow({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const { hostDrops, eventLoopLagMs, losses, source } = snapshot
  const captureDrops = snapshot.captureDrops ?? 0
  const ownDrops = (hostDrops ?? 0) - captureDrops
  const lost = lossLines(losses)
  if (hostDrops === null && eventLoopLagMs === null && lost.length === 0) return null
  return (
    <section className={styles.sockets} aria-label="Host and losses">
      <ul>
        <li>
          <span>{!source.live ? 'When captured' : 'This computer'}</span>
          <span data-bad={ownDrops > 0}>
            {hostDrops === null
              ? !source.live
                ? 'no drops reported'
                : 'drops not counted by the system'
              : `dropped ${formatCount(ownDrops)} packets`}
          </span>
          {captureDrops > 0 && (
            <span data-bad>{`the computer that made the capture dropped ${formatCount(captureDrops)} packets`}</span>
          )}
          {eventLoopLagMs !== null && (
            <span data-bad={eventLoopLagMs >= SLOW_MS} title="Longest recent event loop lag of the engine">
              lag {formatCount(eventLoopLagMs)} ms
            </span>
          )}
          {lost.map(({ cause, text }) => (
            <span key={cause} data-bad>
              {text}
            </span>
          ))}
        </li>
      </ul>
    </section>
  )
}
