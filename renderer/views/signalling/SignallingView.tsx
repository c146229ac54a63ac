import { Allotment } from 'allotment'
import { FileCode2, ScrollText } from 'lucide-react'
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { formatAge, formatCount, formatDuration, UNKNOWN } from '../../model/format.ts'
import { groupOfPanel, INSPECT_LAYOUT } from '../../model/layout.ts'
import { streamNowUs } from '../../model/names.ts'
import { frameStore } from '../../stores/frame-store.ts'
import { selectionStore, selectSignalling } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { useFittingColumns } from '../../ui/use-fitting-columns.ts'
import { useNow } from '../../ui/use-now.ts'
import { useWindowWidth } from '../../ui/use-window-width.ts'
import styles from './SignallingView.module.css'
import { nameBeside, type SignallingLine, signallingLines, spokenTable } from './signalling-model.ts'
import { TableText } from './TableText.tsx'
import { VerdictBadge } from './VerdictBadge.tsx'

const COLUMNS_AT_LEAST = 2
/** Below this width the text is under the list instead of beside it. */
const STACKED_BELOW = 560
const EMPTY = { signalling: [], services: [] }
/** From this width of the window on, the columns have their least widths. */
const INSPECTOR_FROM = 960
const INSPECTOR_GROUP = groupOfPanel(INSPECT_LAYOUT, 'inspector')?.id ?? ''

/**
 * LLS tables and SLS fragments. The content of the selected version is in the inspector; beside the list only where no inspector is
 * in sight, so that no table is shown twice.
 */
export function SignallingView() {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const service = useStore(selectionStore, (state) => state.serviceId)
  const selectedKey = useStore(selectionStore, (state) => state.signallingKey)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const lines = useMemo(() => signallingLines(snapshot ?? EMPTY, service, folded), [snapshot, service, folded])
  const nowMs = useNow()
  const streamNow = snapshot === null ? null : streamNowUs(snapshot, nowMs)
  const signed = snapshot?.signalling.some((one) => one.signature !== null) ?? false
  const all = useMemo(() => columnsAt(streamNow, signed), [streamNow, signed])
  const maximised = useStore(frameStore, (state) => state.maximised === 'signalling')
  const inspectorHidden = useStore(settingsStore, (state) => state.hidden.includes(INSPECTOR_GROUP))
  // In a narrow window the right column is beyond its edge.
  const wide = useWindowWidth() >= INSPECTOR_FROM
  const view = useRef<HTMLDivElement>(null)
  const stacked = useNarrow(view, STACKED_BELOW)
  const selected = lines.findIndex((line) =>
    line.kind === 'group' ? line.key === selectedKey : line.versions.some((one) => one.key === selectedKey),
  )
  const line = lines[selected]
  const table = line?.kind === 'table' ? line.versions.find((one) => one.key === selectedKey) : undefined
  const select = (position: number) => {
    const next = lines[position]
    selectSignalling(next === undefined ? null : next.kind === 'group' ? next.key : next.table.key)
  }

  const toggle = (position: number) => {
    const group = lines[position]
    if (group?.kind !== 'group') return
    const next = new Set(folded)
    if (!next.delete(group.key)) next.add(group.key)
    setFolded(next)
  }

  const tables = <TableList all={all} lines={lines} selected={selected} onSelect={select} onToggle={toggle} />
  if (!maximised && !inspectorHidden && wide) {
    return (
      <div ref={view} className={styles.view}>
        {tables}
      </div>
    )
  }
  return (
    <div ref={view} className={styles.view} data-stacked={stacked}>
      <Allotment key={stacked ? 'stacked' : 'beside'} vertical={stacked} proportionalLayout={false}>
        <Allotment.Pane minSize={stacked ? 76 : 220} preferredSize={stacked ? '40%' : 400}>
          {tables}
        </Allotment.Pane>
        <Allotment.Pane minSize={stacked ? 110 : 240}>
          <div className={styles.side}>
            {table !== undefined ? (
              <TableText table={table} place="signalling" />
            ) : (
              <EmptyState icon={FileCode2} title={lines.length === 0 ? 'No tables yet' : 'No table selected'}>
                {lines.length > 0 && 'Select a table to read its values, text and bytes.'}
              </EmptyState>
            )}
          </div>
        </Allotment.Pane>
      </Allotment>
    </div>
  )
}

type TableListProps = {
  readonly all: readonly Column<SignallingLine>[]
  readonly lines: readonly SignallingLine[]
  readonly selected: number
  readonly onSelect: (position: number) => void
  readonly onToggle: (position: number) => void
}

function TableList({ all, lines, selected, onSelect, onToggle }: TableListProps) {
  const list = useRef<HTMLDivElement>(null)
  const columns = useFittingColumns(list, all, COLUMNS_AT_LEAST)
  return (
    <div ref={list} className={styles.list}>
      <Grid
        label="Signalling tables"
        columns={columns}
        count={lines.length}
        rowAt={(position) => lines[position] ?? null}
        selected={selected}
        onSelect={onSelect}
        onActivate={onToggle}
        onToggle={onToggle}
        tree={(one) => (one.kind === 'group' ? { level: 1, expanded: one.expanded } : { level: 2, expanded: null })}
        rowTone={(one) => (one.kind === 'group' ? 'group' : undefined)}
        empty={
          <EmptyState icon={ScrollText} title="No signalling yet">
            LLS tables arrive on 224.0.23.60:4937, the SLS of a ROUTE service on TSI 0 of its session.
          </EmptyState>
        }
      />
    </div>
  )
}

/** Whether an element is narrower than `width` px. */
function useNarrow(element: RefObject<HTMLElement | null>, width: number): boolean {
  const [narrow, setNarrow] = useState(false)
  useEffect(() => {
    const box = element.current
    if (box === null) return
    const observer = new ResizeObserver(() => setNarrow(box.clientWidth > 0 && box.clientWidth < width))
    observer.observe(box)
    return () => observer.disconnect()
  }, [element, width])
  return narrow
}

/** Columns by importance: those that do not fit are omitted from the end. */
function columnsAt(streamNow: number | null, signed: boolean): readonly Column<SignallingLine>[] {
  const ofTable = (value: (line: SignallingLine & { kind: 'table' }) => string) => (line: SignallingLine) =>
    line.kind === 'table' ? value(line) : ''
  return [
    {
      id: 'table',
      title: 'Table',
      width: 186,
      grow: 1,
      text: (line) => (line.kind === 'group' ? line.title : line.table.type),
      cell: (line) =>
        line.kind === 'group' ? (
          <MiddleCut text={line.title} />
        ) : (
          <>
            <span className={styles.type}>{line.table.type}</span>{' '}
            {nameBeside(line.table) !== '' && (
              <span className={styles.name}>
                <MiddleCut text={nameBeside(line.table)} />
              </span>
            )}{' '}
            {line.table.group !== null && <span className={styles.name}>group {line.table.group}</span>}
          </>
        ),
      spoken: (line) => (line.kind === 'table' ? spokenTable(line.table) : line.title),
      tooltip: (line) => (line.kind === 'table' ? line.table.name : line.title),
    },
    ...(signed ? [SIGNATURE_COLUMN] : []),
    {
      id: 'version',
      title: 'Version',
      width: 66,
      align: 'end',
      text: ofTable(({ table, versions }) => {
        const version = table.version === null ? UNKNOWN : String(table.version)
        return versions.length > 1 ? `${version} (${formatCount(versions.length)})` : version
      }),
      tooltip: (line) =>
        line.kind === 'table' && line.versions.length > 1 ? `${formatCount(line.versions.length)} versions` : undefined,
    },
    {
      id: 'age',
      title: 'Last',
      width: 74,
      align: 'end',
      text: ofTable(({ table }) => formatAge(streamNow === null ? null : streamNow - table.lastTimeUs)),
    },
    {
      id: 'interval',
      title: 'Every',
      width: 64,
      align: 'end',
      text: ofTable(({ table }) => formatDuration(table.interval?.medianUs)),
      tooltip: (line) =>
        line.kind === 'table' && line.table.interval !== null
          ? `Between arrivals: ${formatDuration(line.table.interval.minUs)} at least, ${formatDuration(line.table.interval.medianUs)} median, ${formatDuration(line.table.interval.maxUs)} at most`
          : undefined,
    },
    {
      id: 'count',
      title: 'Count',
      width: 52,
      align: 'end',
      text: ofTable(({ versions }) => formatCount(versions.reduce((sum, one) => sum + one.count, 0))),
    },
    {
      id: 'bytes',
      title: 'Size',
      unit: 'B',
      width: 64,
      align: 'end',
      text: ofTable(({ table }) => formatCount(table.bytes)),
    },
  ]
}

const SIGNATURE_COLUMN: Column<SignallingLine> = {
  id: 'signature',
  title: 'Signature',
  width: 100,
  text: (line) => (line.kind === 'table' ? (line.table.signature ?? '') : ''),
  cell: (line) =>
    line.kind === 'table' && line.table.signature !== null ? <VerdictBadge verdict={line.table.signature} short /> : '',
}
