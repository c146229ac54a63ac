import type { RepairServerSnapshot, RepairSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'
import styles from './FlowsView.module.css'

const STATE_TEXT: Readonly<Record<RepairServerSnapshot['state'], string>> = {
  ready: 'ready',
  'whole-files': 'gives whole files only',
  failing: 'does not answer',
  refused: 'not asked any more',
}

/** Where missing bytes are fetched from, and how each server behaves. */
export function RepairServers({ repair }: { readonly repair: RepairSnapshot | null }) {
  if (repair === null) return null
  return (
    <section className={styles.sockets} aria-label="Repair by HTTP">
      <p className={styles.repair}>
        Repair by HTTP: {formatCount(repair.done)} whole, {formatCount(repair.active + repair.queued)} under way,{' '}
        {formatCount(repair.failed)} not made whole, {formatBytesShort(repair.bytes)} fetched
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
            {problem !== null && <span>last trouble: {problem}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
