import { Waypoints } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { serviceNameOf } from '../../model/names.ts'
import { selectChannel, selectionStore, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { Grid } from '../../ui/Grid.tsx'
import { flowColumnsFor } from './columns.tsx'
import styles from './FlowsView.module.css'
import { flowLines } from './flows-model.ts'
import { HostRow } from './HostRow.tsx'
import { Links } from './Links.tsx'
import { RepairServers } from './RepairServers.tsx'
import { Sockets } from './Sockets.tsx'

const EMPTY = { flows: [], channels: [] }

/** All flows with their channels (TSIs or packet_ids). Links, sockets and repair servers follow below. */
export function FlowsView() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const service = useStore(selectionStore, (state) => state.serviceId)
  const selectedChannel = useStore(selectionStore, (state) => state.channel)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [selectedKey, setSelectedKey] = useState<string | null>(null)
  const lines = useMemo(() => flowLines(snapshot ?? EMPTY, service, folded), [snapshot, service, folded])
  const hasPlps = snapshot?.flows.some(({ plp }) => plp !== null) === true
  const hasFec = snapshot?.channels.some(({ fec }) => fec !== null) === true
  const columns = useMemo(
    () => flowColumnsFor((id) => serviceNameOf(sessionStore.getState().snapshot, id), hasPlps, hasFec),
    [hasPlps, hasFec],
  )

  const selected = lines.findIndex((line) =>
    selectedChannel !== null
      ? line.kind === 'channel' && line.channel.channel === selectedChannel
      : line.key === selectedKey,
  )
  const select = (position: number) => {
    const line = lines[position]
    if (line === undefined) return
    setSelectedKey(line.key)
    selectChannel(line.kind === 'channel' ? line.channel.channel : null)
  }
  const toggle = (position: number) => {
    const line = lines[position]
    if (line?.kind !== 'flow') return
    const next = new Set(folded)
    if (!next.delete(line.key)) next.add(line.key)
    setFolded(next)
  }

  return (
    <div className={styles.view}>
      <div className={styles.grid}>
        <Grid
          label="Flows"
          columns={columns}
          count={lines.length}
          rowAt={(position) => lines[position] ?? null}
          selected={selected}
          onSelect={select}
          onActivate={toggle}
          onToggle={toggle}
          tree={(line) =>
            line.kind === 'flow'
              ? { level: 1, expanded: line.channels.length === 0 ? null : line.expanded }
              : { level: 2, expanded: null }
          }
          rowTone={(line) => (line.kind === 'flow' ? 'flow' : undefined)}
          empty={
            service === null ? (
              <EmptyState icon={Waypoints} title="No flow yet">
                Every address and port that carries packets is listed here.
              </EmptyState>
            ) : (
              <EmptyState
                icon={Waypoints}
                title="No flow of this service"
                actions={
                  <button type="button" className={styles.link} onClick={() => selectService(null)}>
                    Show all services
                  </button>
                }
              >
                It is announced, but none of its addresses carried a packet.
              </EmptyState>
            )
          }
        />
      </div>
      <Links links={snapshot?.links ?? []} />
      {snapshot !== null && <HostRow snapshot={snapshot} />}
      <Sockets sockets={snapshot?.source.sockets ?? []} left={snapshot?.source.left ?? []} />
      <RepairServers repair={snapshot?.repair ?? null} />
    </div>
  )
}
