import { Allotment } from 'allotment'
import { FileCode2, ScrollText } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { formatAge, formatCount, UNKNOWN } from '../../model/format.ts'
import { streamNowUs } from '../../model/names.ts'
import { selectionStore, selectSignalling } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { useNow } from '../../ui/use-now.ts'
import styles from './SignallingView.module.css'
import { type SignallingLine, signallingLines } from './signalling-model.ts'
import { TableText } from './TableText.tsx'

const EMPTY = { signalling: [], services: [] }

/** Every table of LLS and fragment of SLS, with the text of the selected one. */
export function SignallingView() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const service = useStore(selectionStore, (state) => state.serviceId)
  const selectedKey = useStore(selectionStore, (state) => state.signallingKey)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const lines = useMemo(() => signallingLines(snapshot ?? EMPTY, service, folded), [snapshot, service, folded])
  const nowMs = useNow()
  const streamNow = snapshot === null ? null : streamNowUs(snapshot, nowMs)
  const columns = useMemo(() => columnsAt(streamNow), [streamNow])
  const selected = lines.findIndex((line) => line.key === selectedKey)
  const line = lines[selected]

  const toggle = (position: number) => {
    const group = lines[position]
    if (group?.kind !== 'group') return
    const next = new Set(folded)
    if (!next.delete(group.key)) next.add(group.key)
    setFolded(next)
  }

  return (
    <Allotment proportionalLayout={false}>
      <Allotment.Pane minSize={220} preferredSize={400}>
        <Grid
          label="Signalling tables"
          columns={columns}
          count={lines.length}
          rowAt={(position) => lines[position] ?? null}
          selected={selected}
          onSelect={(position) => selectSignalling(lines[position]?.key ?? null)}
          onActivate={toggle}
          onToggle={toggle}
          tree={(one) => (one.kind === 'group' ? { level: 1, expanded: one.expanded } : { level: 2, expanded: null })}
          rowTone={(one) => (one.kind === 'group' ? 'group' : undefined)}
          empty={
            <EmptyState icon={ScrollText} title="No signalling yet">
              LLS tables arrive on 224.0.23.60:4937, the SLS of a ROUTE service on TSI 0 of its session.
            </EmptyState>
          }
        />
      </Allotment.Pane>
      <Allotment.Pane minSize={200}>
        <div className={styles.side}>
          {line?.kind === 'table' ? (
            <TableText table={line.table} place="signalling" />
          ) : (
            <EmptyState icon={FileCode2} title={lines.length === 0 ? 'Nothing to read yet' : 'No table selected'}>
              {lines.length > 0 && 'Select a table to read it as it was sent.'}
            </EmptyState>
          )}
        </div>
      </Allotment.Pane>
    </Allotment>
  )
}

function columnsAt(streamNow: number | null): readonly Column<SignallingLine>[] {
  const ofTable = (value: (line: SignallingLine & { kind: 'table' }) => string) => (line: SignallingLine) =>
    line.kind === 'table' ? value(line) : ''
  return [
    {
      id: 'table',
      title: 'Table',
      width: 130,
      grow: 1,
      text: (line) => (line.kind === 'group' ? line.title : line.table.type),
      cell: (line) =>
        line.kind === 'group' ? (
          <span>{line.title}</span>
        ) : (
          <>
            <span className={styles.type}>{line.table.type}</span>
            {line.table.name !== line.table.type && <span className={styles.name}>{line.table.name}</span>}
          </>
        ),
      tooltip: (line) => (line.kind === 'table' ? line.table.name : undefined),
    },
    {
      id: 'version',
      title: 'Version',
      width: 58,
      align: 'end',
      text: ofTable(({ table }) => (table.version === null ? UNKNOWN : String(table.version))),
    },
    { id: 'count', title: 'Count', width: 52, align: 'end', text: ofTable(({ table }) => formatCount(table.count)) },
    {
      id: 'bytes',
      title: 'Size',
      unit: 'B',
      width: 64,
      align: 'end',
      text: ofTable(({ table }) => formatCount(table.bytes)),
    },
    {
      id: 'age',
      title: 'Last',
      width: 76,
      align: 'end',
      text: ofTable(({ table }) => formatAge(streamNow === null ? null : streamNow - table.lastTimeUs)),
    },
  ]
}
