import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { saveRequests } from '../../app/serving-actions.ts'
import { formatCount } from '../../model/format.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { Button } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { useNow } from '../../ui/use-now.ts'
import { harOf } from './har.ts'
import { TrafficTable } from './TrafficTable.tsx'
import { clientColumns, requestColumns, transferColumns } from './traffic-columns.tsx'
import { clientLines, requestLines, requestText, transferLines, transferText } from './traffic-model.ts'

type Shown = 'requests' | 'clients' | 'transfers'

/** Requests, connections, and uploads and pushes of the session's servers, one of these tables at a time. */
export function Traffic({ snapshot }: { readonly snapshot: SessionSnapshot }) {
  const base = useStore(timeStore, (state) => (state.base === 'utc' ? 'utc' : 'local'))
  const version = useStore(connectionStore, ({ hello }) => hello?.version ?? '')
  const nowUs = useNow() * 1000
  const [shown, setShown] = useState<Shown>('requests')
  const { requests: servers, clients, transfers: tables } = snapshot
  const requests = useMemo(() => requestLines(servers), [servers])
  const connections = useMemo(() => clientLines(clients), [clients])
  const transfers = useMemo(() => transferLines(tables), [tables])
  const columns = {
    requests: useMemo(() => requestColumns(base, nowUs), [base, nowUs]),
    clients: useMemo(() => clientColumns(base), [base]),
    transfers: useMemo(() => transferColumns(base), [base]),
  }
  const sum = (totals: readonly { readonly total: number }[]): number =>
    totals.reduce((all, { total }) => all + total, 0)
  const tabs = (
    <Segmented
      label="What to list"
      options={[
        { value: 'requests', text: 'Requests' },
        { value: 'clients', text: `Clients ${formatCount(connections.length)}` },
        { value: 'transfers', text: `Uploads and pushes ${formatCount(sum(tables))}` },
      ]}
      value={shown}
      onChange={setShown}
    />
  )
  if (shown === 'clients')
    return (
      <TrafficTable
        key="clients"
        label="Clients"
        tabs={tabs}
        columns={columns.clients}
        lines={connections}
        total={connections.length}
        textOf={({ client }) =>
          `${client.address}:${client.port} ${client.doing} ${client.target ?? ''} ${client.userAgent ?? ''}`
        }
        words="Words of address, request or program"
        empty="Nobody is connected"
      />
    )
  if (shown === 'transfers')
    return (
      <TrafficTable
        key="transfers"
        label="Uploads and pushes"
        tabs={tabs}
        columns={columns.transfers}
        lines={transfers}
        total={sum(tables)}
        textOf={transferText}
        words="Words of path, peer, state or error"
        empty="Nothing was uploaded or pushed yet"
      />
    )
  return (
    <TrafficTable
      key="requests"
      label="Requests"
      tabs={tabs}
      columns={columns.requests}
      lines={requests}
      total={sum(servers)}
      textOf={requestText}
      words="Words of client, method, path or status"
      empty="No request yet"
      actions={(lines) => (
        <>
          <CopyButton worded label="Copy as HAR" text={() => harOf(lines, version)} />
          <Button onClick={() => void saveRequests(harOf(lines, version))}>Save HAR</Button>
        </>
      )}
    />
  )
}
