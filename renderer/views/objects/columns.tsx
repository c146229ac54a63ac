import type { ObjectRow, ObjectSortColumn } from '../../../core/contract/object-rows.ts'
import { formatCount, formatHex, formatPercent, formatTime, UNKNOWN } from '../../model/format.ts'
import type { TimeBase } from '../../stores/time-store.ts'
import type { Column } from '../../ui/Grid.tsx'
import { OBJECT_STATE_TEXT, ObjectStateGlyph, ROLE_TEXT, RoleName } from '../../ui/glyphs.tsx'
import styles from './ObjectsView.module.css'
import { receivedShare, typeName } from './objects-model.ts'

/** Column ids that the engine can sort by. */
const SORTS: Readonly<Record<string, ObjectSortColumn>> = {
  time: 'firstTimeUs',
  service: 'service',
  tsi: 'tsi',
  toi: 'toi',
  name: 'name',
  type: 'contentType',
  codepoint: 'codepoint',
  size: 'size',
  received: 'received',
  packets: 'packets',
  repeats: 'repeats',
  state: 'state',
}

export const sortOfColumn = (id: string): ObjectSortColumn | undefined => SORTS[id]

export const columnOfSort = (sort: ObjectSortColumn): string =>
  Object.keys(SORTS).find((id) => SORTS[id] === sort) ?? ''

const stateText = (row: ObjectRow): string =>
  row.state === 'complete' && row.recovered > 0 ? 'Complete, with bytes recovered by FEC' : OBJECT_STATE_TEXT[row.state]

/** Columns of the object table. */
export function objectColumnsFor(
  base: TimeBase,
  originUs: number | null,
  nameOf: (service: number | null) => string,
): readonly Column<ObjectRow>[] {
  const columns: readonly Column<ObjectRow>[] = [
    {
      id: 'time',
      title: 'Time',
      width: 110,
      text: (row) => formatTime(row.firstTimeUs, base, originUs),
      tooltip: stateText,
      cell: (row) => (
        <>
          <ObjectStateGlyph state={row.state} recovered={row.recovered > 0} />
          <span>{formatTime(row.firstTimeUs, base, originUs)}</span>
        </>
      ),
      raw: (row) => String(row.firstTimeUs),
    },
    {
      id: 'tsi',
      title: 'TSI',
      width: 110,
      text: (row) => `${row.tsi} ${ROLE_TEXT[row.role]}`,
      raw: (row) => String(row.tsi),
      tooltip: (row) => row.destination,
      cell: (row) => (
        <>
          <span className={styles.tsi}>{row.tsi}</span>
          <RoleName role={row.role} />
        </>
      ),
    },
    {
      id: 'toi',
      title: 'TOI',
      width: 90,
      align: 'end',
      text: (row) => formatCount(row.toi),
      raw: (row) => String(row.toi),
      tooltip: (row) => `${formatHex(row.toi)}, instance ${row.instance}`,
    },
    {
      id: 'name',
      title: 'Name',
      width: 138,
      grow: 4,
      text: (row) => row.name ?? UNKNOWN,
      tooltip: (row) => row.name ?? undefined,
    },
    {
      id: 'size',
      title: 'Size',
      unit: 'B',
      width: 80,
      align: 'end',
      text: (row) => formatCount(row.size),
      raw: (row) => (row.size === null ? '' : String(row.size)),
    },
    {
      id: 'received',
      title: 'Received',
      width: 78,
      align: 'end',
      text: (row) => (row.size === null ? UNKNOWN : formatPercent(row.received, row.size, 2)),
      raw: (row) => String(row.received),
      tooltip: (row) =>
        `${formatCount(row.received)} of ${formatCount(row.size)} B${row.recovered > 0 ? `, ${formatCount(row.recovered)} B recovered by FEC` : ''}`,
      cell: (row) => {
        const share = receivedShare(row.size, row.received)
        return (
          <span className={styles.received}>
            {row.size === null ? UNKNOWN : formatPercent(row.received, row.size, 2)}
            {share !== null && share < 1 && (
              <span className={styles.meter} style={{ transform: `scaleX(${share})` }} aria-hidden />
            )}
          </span>
        )
      },
    },
    { id: 'service', title: 'Service', width: 84, grow: 1, text: (row) => nameOf(row.service) },
    {
      id: 'type',
      title: 'Type',
      width: 92,
      grow: 1,
      text: (row) => typeName(row.contentType),
      raw: (row) => row.contentType ?? '',
      tooltip: (row) => row.contentType ?? undefined,
    },
    { id: 'codepoint', title: 'CP', width: 40, align: 'end', text: (row) => String(row.codepoint) },
    { id: 'packets', title: 'Packets', width: 74, align: 'end', text: (row) => formatCount(row.packets) },
    { id: 'repeats', title: 'Repeats', width: 74, align: 'end', text: (row) => formatCount(row.repeats) },
    {
      id: 'state',
      title: 'State',
      width: 98,
      text: (row) => OBJECT_STATE_TEXT[row.state],
      tooltip: stateText,
      cell: (row) => (
        <>
          <ObjectStateGlyph state={row.state} recovered={row.recovered > 0} />
          <span>{OBJECT_STATE_TEXT[row.state]}</span>
        </>
      ),
    },
  ]
  return columns.map((column) => ({ ...column, sortable: true }))
}

/** Tone of a row: only losses are emphasised. */
export const objectTone = (row: ObjectRow): string | undefined => (row.state === 'partial' ? 'error' : undefined)
