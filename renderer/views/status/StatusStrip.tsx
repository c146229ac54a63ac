import { useStore } from 'zustand'
import type { GatewaySnapshot } from '../../../core/contract/http-snapshots.ts'
import type { SessionPhase } from '../../../core/contract/snapshot.ts'
import type { ConnectionState } from '../../client/engine-client.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'
import { SLOW_MS } from '../../model/losses.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { goToPanel } from '../../stores/frame-store.ts'
import { logStore } from '../../stores/log-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { nextTimeBase, type TimeBase, timeStore } from '../../stores/time-store.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { Tooltip } from '../../ui/Tooltip.tsx'
import styles from './StatusStrip.module.css'

const CONNECTION_TEXT: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting to the engine',
  open: 'Engine ready',
  lost: 'Engine connection lost',
  failed: 'No engine',
}

const PHASE_TEXT: Readonly<Record<SessionPhase, string>> = {
  starting: 'Starting',
  running: 'Running',
  finished: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
}

const BASE_TEXT: Readonly<Record<TimeBase, string>> = {
  local: 'Local time',
  utc: 'UTC',
  start: 'Since start',
  cursor: 'Since cursor',
}

const NO_GATEWAYS: readonly GatewaySnapshot[] = []

/** The bottom line: engine, gateway, last log line, time base. */
export function StatusStrip() {
  const state = useStore(connectionStore, (connection) => connection.state)
  const phase = useStore(sessionStore, (session) => session.snapshot?.phase ?? null)
  const gateways = useStore(sessionStore, (session) => session.snapshot?.gateways ?? NO_GATEWAYS)
  const [gateway, ...others] = gateways
  const lagMs = useStore(sessionStore, (session) => session.snapshot?.eventLoopLagMs ?? null)
  const allDrops = useStore(sessionStore, (session) => session.snapshot?.hostDrops ?? null)
  const captured = useStore(sessionStore, (session) => session.snapshot?.captureDrops ?? null)
  const drops = allDrops === null || captured === allDrops ? null : allDrops - (captured ?? 0)
  const repair = useStore(sessionStore, (session) => session.snapshot?.repair ?? null)
  const line = useStore(logStore, (log) => log.lines.at(-1) ?? null)
  const base = useStore(timeStore, (time) => time.base)
  return (
    <footer className={styles.strip}>
      <span className={styles.engine} data-state={state}>
        <span className={styles.dot} />
        {state === 'open' && phase !== null ? PHASE_TEXT[phase] : CONNECTION_TEXT[state]}
      </span>
      {gateway !== undefined && (
        <span className={styles.gateway}>
          <span className={styles.name}>Gateway</span>
          <span className={styles.address}>{gateway.baseUrl}</span>
          <CopyButton label="Copy gateway address" text={() => gateway.baseUrl} />
          <span className={styles.served}>
            {formatCount(gateway.requests)} requests, {formatBytesShort(gateway.bytes)}
          </span>
          {others.length > 0 && (
            <span className={styles.served} title={others.map(({ baseUrl }) => baseUrl).join('\n')}>
              and {formatCount(others.length)} more
            </span>
          )}
        </span>
      )}
      {(lagMs !== null || (drops ?? 0) > 0 || (captured ?? 0) > 0) && (
        <span
          className={styles.host}
          title="Longest recent delay before the engine read what had arrived, and packets that a receive queue had no room for"
        >
          {lagMs !== null && (
            // A delay that cost no packet is no fault.
            <span data-bad={lagMs >= SLOW_MS && (drops ?? 0) > 0}>
              <span className={styles.name}>Engine delay</span> {formatCount(lagMs)} ms
            </span>
          )}
          {drops !== null && (
            <span data-bad={drops > 0}>
              <span className={styles.name}>Packets dropped by the host</span> {formatCount(drops)}
            </span>
          )}
          {captured !== null && captured > 0 && (
            <span data-bad title="As the capture reports">
              <span className={styles.name}>Dropped by the computer that made the capture</span> {formatCount(captured)}
            </span>
          )}
        </span>
      )}
      {repair !== null && (
        <button type="button" className={styles.repair} title="Repair by HTTP" onClick={() => goToPanel('flows')}>
          <span className={styles.name}>Repair</span>
          <span>
            {formatCount(repair.done)} repaired
            {repair.active + repair.queued > 0 && `, ${formatCount(repair.active + repair.queued)} pending`}
            {repair.failed > 0 && `, ${formatCount(repair.failed)} failed`}
          </span>
          <span className={styles.served}>{formatBytesShort(repair.bytes)}</span>
        </button>
      )}
      {line === null ? (
        <span className={styles.tail} />
      ) : (
        <button type="button" className={styles.tail} onClick={() => goToPanel('log')}>
          {(line.level === 'error' || line.level === 'warning') && <SeverityGlyph severity={line.level} />}
          <span className="visually-hidden">Last log line: </span>
          <span>{line.text}</span>
        </button>
      )}
      {phase !== null && (
        <Tooltip text="Change what times count from" keys="t" side="top">
          <button type="button" className={styles.base} onClick={nextTimeBase}>
            {BASE_TEXT[base]}
          </button>
        </Tooltip>
      )}
    </footer>
  )
}
