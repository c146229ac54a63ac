import type { RepairServerSnapshot, RepairSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'
import styles from './FlowsView.module.css'

const STATE_TEXT: Readonly<Record<RepairServerSnapshot['state'], string>> = {
  ready: 'ready',
  'whole-files': 'serves whole files only',
  failing: 'does not answer',
  refused: 'no longer used',
}

/** Progress of HTTP repair, and the state of each server. */
export function RepairServers({ repair }: { readonly repair: RepairSnapshot | null }) {
  if (repair === null) return null
  return (
    <section className={styles.sockets} aria-label="Repair by HTTP">
      <p className={styles.repair}>
        Repair by HTTP: {formatCount(repair.done)} repaired, {formatCount(repair.active + repair.queued)} pending,{' '}
        {formatCount(repair.failed)} failed, {formatBytesShort(repair.bytes)} fetched
        {repair.servers.length === 0 && '; no server is known yet'}
      </p>
      <ul>
        {repair.servers.map(({ url, state, requests, bytes, problem }) => (
          <li key={url}>
            <span>{url}</span>
            <span data-bad={state === 'failing' || state === 'refused'}>{STATE_TEXT[state]}</span>
            <span>
              {formatCount(requests)} {requests === 1 ? 'request' : 'requests'}, {formatBytesShort(bytes)}
            </span>
            {problem !== null && <span>last error: {problem}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
