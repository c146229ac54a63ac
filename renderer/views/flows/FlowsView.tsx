import { Waypoints } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { formatCount, formatDuration, formatPercent, formatRate, UNKNOWN } from '../../model/format.ts'
import { channelLabel, protocolName, serviceNameOf } from '../../model/names.ts'
import { selectChannel, selectionStore, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { ROLE_TEXT, RoleName } from '../../ui/glyphs.tsx'
import styles from './FlowsView.module.css'
import { isRepairFlow, recoveredNote, recoveredText, repairNote, repairText } from './fec-text.ts'
import { type FlowLine, flowLines } from './flows-model.ts'
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
    () => columnsFor((id) => serviceNameOf(sessionStore.getState().snapshot, id), hasPlps, hasFec),
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

function columnsFor(
  nameOf: (service: number | null) => string,
  hasPlps: boolean,
  hasFec: boolean,
): readonly Column<FlowLine>[] {
  const both = (line: FlowLine) => (line.kind === 'flow' ? line.flow : line.channel)
  // The sum over a flow's channels; unknown for a flow without channels.
  const sum = (line: FlowLine, value: (channel: ChannelSnapshot) => number): number | null => {
    if (line.kind === 'channel') return value(line.channel)
    return line.channels.length === 0 ? null : line.channels.reduce((total, channel) => total + value(channel), 0)
  }
  const counted = (value: (channel: ChannelSnapshot) => number) => ({
    align: 'end' as const,
    text: (line: FlowLine) => formatCount(sum(line, value)),
    raw: (line: FlowLine) => String(sum(line, value) ?? ''),
  })
  const bad = (value: (channel: ChannelSnapshot) => number) => ({
    ...counted(value),
    cell: (line: FlowLine) => <Bad count={sum(line, value)} />,
  })
  return [
    {
      id: 'address',
      title: 'Address, TSI',
      width: 150,
      grow: 1,
      text: (line) => (line.kind === 'flow' ? line.flow.destination : channelLabel(line.channel)),
      tooltip: (line) => (line.kind === 'flow' ? `${line.flow.source} → ${line.flow.destination}` : undefined),
    },
    ...(hasPlps ? [PLP_COLUMN] : []),
    {
      id: 'role',
      title: 'Role',
      width: 88,
      text: (line) =>
        line.kind === 'flow'
          ? protocolName(line.flow.protocol)
          : isRepairFlow(line.channel)
            ? 'Repair'
            : ROLE_TEXT[line.channel.role],
      cell: (line) =>
        line.kind === 'flow' ? (
          protocolName(line.flow.protocol)
        ) : (
          <RoleName role={isRepairFlow(line.channel) ? 'repair' : line.channel.role} />
        ),
    },
    {
      id: 'representation',
      title: 'Representation',
      width: 96,
      grow: 1,
      text: (line) =>
        line.kind === 'flow'
          ? line.flow.service === null
            ? UNKNOWN
            : nameOf(line.flow.service)
          : (line.channel.representation ?? UNKNOWN),
    },
    {
      id: 'rate',
      title: 'Rate',
      width: 76,
      align: 'end',
      text: (line) => formatRate(both(line).rateBps),
      raw: (line) => String(both(line).rateBps),
    },
    {
      id: 'packets',
      title: 'Packets',
      width: 64,
      align: 'end',
      text: (line) => formatCount(both(line).packets),
      raw: (line) => String(both(line).packets),
    },
    {
      id: 'lost',
      title: 'Lost',
      unit: 'B',
      width: 64,
      ...bad(({ lost }) => lost),
      tooltip: (line) =>
        line.kind === 'channel' && line.channel.lost > 0
          ? `${formatPercent(line.channel.lost, line.channel.lost + line.channel.bytes)} of this channel`
          : undefined,
    },
    ...(hasFec ? FEC_COLUMNS : []),
    {
      id: 'incomplete',
      title: 'Incomplete',
      width: 84,
      ...bad(({ incomplete }) => incomplete),
    },
    {
      id: 'missing',
      title: 'Missing',
      width: 84,
      ...bad(({ missingObjects }) => missingObjects),
      tooltip: () => 'Objects announced by a manifest, playlist or file table, without a single packet',
    },
    { id: 'complete', title: 'Complete', width: 76, ...counted(({ complete }) => complete) },
    {
      id: 'bytes',
      title: 'Bytes',
      width: 104,
      align: 'end',
      text: (line) => formatCount(both(line).bytes),
      raw: (line) => String(both(line).bytes),
    },
    {
      id: 'duplicates',
      title: 'Duplicates',
      width: 82,
      ...counted(({ duplicates }) => duplicates),
    },
    {
      id: 'outOfOrder',
      title: 'Out of order',
      width: 92,
      ...counted(({ outOfOrder }) => outOfOrder),
    },
    {
      id: 'senderDelay',
      title: 'Sender delay',
      width: 92,
      align: 'end',
      text: (line) => (line.kind === 'channel' ? formatDuration(line.channel.senderDelayUs) : UNKNOWN),
      raw: (line) => (line.kind === 'channel' ? String(line.channel.senderDelayUs ?? '') : ''),
      tooltip: () => 'Arrival minus sender time (EXT_TIME) of the last object with one',
    },
  ]
}

/** Physical layer pipe, if the link layer has any. */
const PLP_COLUMN: Column<FlowLine> = {
  id: 'plp',
  title: 'PLP',
  width: 44,
  align: 'end',
  text: (line) => (line.kind === 'flow' ? (line.flow.plp?.toString() ?? UNKNOWN) : ''),
}

/** Repair packets and recovered bytes, if there are repair packets. */
const FEC_COLUMNS: readonly Column<FlowLine>[] = [
  {
    id: 'recovered',
    title: 'By FEC',
    unit: 'B',
    width: 80,
    align: 'end',
    text: (line) => (line.kind === 'channel' && recoveredText(line.channel.fec)) || UNKNOWN,
    tooltip: (line) => (line.kind === 'channel' ? recoveredNote(line.channel.fec) : undefined),
  },
  {
    id: 'repairPackets',
    title: 'Repair packets',
    width: 104,
    align: 'end',
    text: (line) => (line.kind === 'channel' && repairText(line.channel.fec)) || UNKNOWN,
    raw: (line) => (line.kind === 'channel' ? String(line.channel.fec?.repairPackets ?? '') : ''),
    tooltip: (line) => (line.kind === 'channel' ? repairNote(line.channel.fec) : undefined),
  },
]

function Bad({ count }: { readonly count: number | null }) {
  return <span className={count !== null && count > 0 ? styles.bad : undefined}>{formatCount(count)}</span>
}
