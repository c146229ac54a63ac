import { CHANNEL_FACTS, type ChannelFact, type ChannelFactKey } from '../../../core/contract/channel-table.ts'
import { defined } from '../../../core/contract/defined.ts'
import { shownColumns } from '../../../core/contract/table-view.ts'
import { alignOf, formatValue, hasRaw } from '../../model/column-format.ts'
import { formatCount, formatPercent, UNKNOWN } from '../../model/format.ts'
import { lossNote, lossSummary } from '../../model/losses.ts'
import { channelLabel, protocolName } from '../../model/names.ts'
import type { Column } from '../../ui/Grid.tsx'
import { ROLE_TEXT, RoleName } from '../../ui/glyphs.tsx'
import styles from './FlowsView.module.css'
import { isRepairFlow, recoveredNote, recoveredText, repairNote, repairText } from './fec-text.ts'
import type { FlowLine } from './flows-model.ts'

/** What a line is, then the columns of CHANNEL_FACTS that are shown, with those of FEC after what was lost. */
export function flowColumnsFor(
  nameOf: (service: number | null) => string,
  hasPlps: boolean,
  hasFec: boolean,
): readonly Column<FlowLine>[] {
  return [
    ADDRESS_COLUMN,
    ...(hasPlps ? [PLP_COLUMN] : []),
    ROLE_COLUMN,
    representationColumn(nameOf),
    ...FACT_COLUMNS.flatMap((column) =>
      column.id === 'lost' ? [column, LOSS_COLUMN, ...(hasFec ? FEC_COLUMNS : [])] : [column],
    ),
  ]
}

/** The value of a line: of a channel its own, of a flow what its row in the table says; null where that is nothing. */
function lineValue(line: FlowLine, key: ChannelFactKey): number | null {
  const { flow }: ChannelFact = CHANNEL_FACTS[key]
  if (line.kind === 'channel') return numberIn(line.channel[key])
  if (flow === 'own') return line.flow[key as 'packets']
  // The sum over its channels; unknown for a flow without channels.
  if (flow !== 'sum' || line.channels.length === 0) return null
  return line.channels.reduce((total, channel) => total + (numberIn(channel[key]) ?? 0), 0)
}

const numberIn = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** Columns whose hint depends on the line. */
const HINTS: { readonly [Key in ChannelFactKey]?: (line: FlowLine) => string | undefined } = {
  lost: (line) =>
    line.kind === 'channel' && line.channel.lost > 0
      ? `${formatPercent(line.channel.lost, line.channel.lost + line.channel.bytes)} of this channel`
      : undefined,
}

const FACT_COLUMNS: readonly Column<FlowLine>[] = shownColumns<ChannelFactKey>(CHANNEL_FACTS).map(({ key, view }) => {
  const { bad }: ChannelFact = CHANNEL_FACTS[key]
  const { title, unit, width, grow, hint, format } = view
  const tooltip = HINTS[key] ?? (hint === undefined ? undefined : () => hint)
  return {
    ...defined({ unit, grow, tooltip }),
    ...alignOf(format),
    id: key,
    title,
    width,
    text: (line) => formatValue(format, lineValue(line, key)),
    ...(hasRaw(format) ? { raw: (line: FlowLine) => String(lineValue(line, key) ?? '') } : {}),
    ...(bad === true ? { cell: (line: FlowLine) => <Bad count={lineValue(line, key)} /> } : {}),
  }
})

const ADDRESS_COLUMN: Column<FlowLine> = {
  id: 'address',
  title: 'Address, channel',
  width: 150,
  grow: 1,
  text: (line) => (line.kind === 'flow' ? line.flow.destination : channelLabel(line.channel)),
  tooltip: (line) => (line.kind === 'flow' ? `${line.flow.source} → ${line.flow.destination}` : undefined),
}

const ROLE_COLUMN: Column<FlowLine> = {
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
}

const representationColumn = (nameOf: (service: number | null) => string): Column<FlowLine> => ({
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
  cutInMiddle: true,
})

/** Physical layer pipe, if the link layer has any. */
const PLP_COLUMN: Column<FlowLine> = {
  id: 'plp',
  title: 'PLP',
  width: 44,
  align: 'end',
  text: (line) => (line.kind === 'flow' ? (line.flow.plp?.toString() ?? UNKNOWN) : ''),
}

/** Share of bytes lost after repair, of all that was sent; lately, of packets and before repair in the tooltip. */
const LOSS_COLUMN: Column<FlowLine> = {
  id: 'loss',
  title: 'Loss',
  unit: 'of bytes',
  width: 118,
  align: 'end',
  text: (line) => (line.kind === 'channel' ? lossSummary(line.channel.loss, false) : UNKNOWN),
  tooltip: (line) => (line.kind === 'channel' ? lossNote(line.channel.loss) : undefined),
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
