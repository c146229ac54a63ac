import { ListFilter, Search, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { RequestsSnapshot } from '../../../core/contract/served-requests.ts'
import { formatCount } from '../../model/format.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { Grid } from '../../ui/Grid.tsx'
import { requestColumns } from './columns.tsx'
import { harOf } from './har.ts'
import { filteredRequests, requestLines } from './requests-model.ts'
import styles from './ServeView.module.css'

/** The newest requests with a filter. While one is selected or under the pointer, newer ones wait, so that nothing moves. */
export function Requests({ servers }: { readonly servers: readonly RequestsSnapshot[] }) {
  const base = useStore(timeStore, (state) => (state.base === 'utc' ? 'utc' : 'local'))
  const version = useStore(connectionStore, ({ hello }) => hello?.version ?? '')
  const [words, setWords] = useState('')
  const [selectedKey, setSelectedKey] = useState<string | null>(null)
  /** Time of the newest request that is shown, µs; null: all are. */
  const [heldUs, setHeldUs] = useState<number | null>(null)
  const columns = useMemo(() => requestColumns(base), [base])
  const all = useMemo(() => requestLines(servers), [servers])
  const matching = useMemo(() => filteredRequests(all, words), [all, words])
  const lines = useMemo(
    () => (heldUs === null ? matching : matching.filter(({ request }) => request.timeUs <= heldUs)),
    [matching, heldUs],
  )
  const waiting = matching.length - lines.length
  const total = servers.reduce((sum, each) => sum + each.total, 0)
  const hold = () => setHeldUs((held) => held ?? all[0]?.request.timeUs ?? null)
  const follow = () => {
    setSelectedKey(null)
    setHeldUs(null)
  }
  return (
    <section className={styles.requests} aria-label="Requests">
      <div className={styles.bar}>
        <h3>Requests</h3>
        <div className={styles.filter}>
          <Search size={13} aria-hidden />
          <input
            type="text"
            aria-label="Filter requests"
            placeholder="Words of client, method, path or status"
            value={words}
            spellCheck={false}
            autoComplete="off"
            data-filter
            onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setWords('')
              else if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
              if (event.key !== 'Escape' || words === '')
                event.currentTarget.closest('section')?.querySelector<HTMLElement>('[data-main]')?.focus()
              event.preventDefault()
              event.stopPropagation()
            }}
          />
          {words !== '' && <IconButton label="Clear filter" icon={X} size={12} onClick={() => setWords('')} />}
        </div>
        <p className={styles.count}>
          {words === '' ? '' : `${formatCount(matching.length)} of `}
          {total > all.length ? `the last ${formatCount(all.length)} of ${formatCount(total)}` : formatCount(total)}
        </p>
        <span className={styles.spring} />
        {waiting > 0 && (
          <Button variant="quiet" onClick={follow}>
            {formatCount(waiting)} new
          </Button>
        )}
        {lines.length > 0 && <CopyButton worded label="Copy as HAR" text={() => harOf(lines, version)} />}
      </div>
      <div className={styles.grid}>
        <Grid
          label="Requests"
          columns={columns}
          count={lines.length}
          rowAt={(position) => lines[position] ?? null}
          selected={selectedKey === null ? -1 : lines.findIndex(({ key }) => key === selectedKey)}
          onSelect={(position) => {
            setSelectedKey(lines[position]?.key ?? null)
            hold()
          }}
          onHover={(over) => {
            if (over) hold()
            else if (selectedKey === null) setHeldUs(null)
          }}
          empty={
            total === 0 ? (
              <EmptyState title="No request yet">Every request appears here as it arrives.</EmptyState>
            ) : (
              <EmptyState
                icon={ListFilter}
                title="No request matches"
                actions={<Button onClick={() => setWords('')}>Show all</Button>}
              />
            )
          }
        />
      </div>
    </section>
  )
}
