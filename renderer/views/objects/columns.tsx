import { defined } from '../../../core/contract/defined.ts'
import { OBJECT_COLUMNS, type ObjectRow, type RowColumn } from '../../../core/contract/object-table.ts'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { shownColumns } from '../../../core/contract/table-view.ts'
import { alignOf, formatValue, hasRaw } from '../../model/column-format.ts'
import { formatCount, formatHex, formatPercent, formatTime, formatToi, UNKNOWN } from '../../model/format.ts'
import type { TimeBase } from '../../stores/time-store.ts'
import type { Column } from '../../ui/Grid.tsx'
import { OBJECT_STATE_TEXT, ObjectStateGlyph, ROLE_TEXT, RoleName } from '../../ui/glyphs.tsx'
import styles from './ObjectsView.module.css'
import { receivedShare, typeName } from './objects-model.ts'

const stateText = (row: ObjectRow): string =>
  row.state === 'complete' && row.recovered > 0 ? 'Complete, with bytes recovered by FEC' : OBJECT_STATE_TEXT[row.state]

type Looks = { readonly [Key in RowColumn]?: Partial<Column<ObjectRow>> }

/** Columns that show more than their value. */
function looksOf(base: TimeBase, originUs: number | null, nameOf: (service: number | null) => string): Looks {
  return {
    firstTimeUs: {
      tooltip: stateText,
      cell: (row) => (
        <>
          <ObjectStateGlyph state={row.state} recovered={row.recovered > 0} />
          <span>{formatTime(row.firstTimeUs, base, originUs)}</span>
        </>
      ),
    },
    tsi: {
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
    toi: {
      text: (row) => (row.toi > Number.MAX_SAFE_INTEGER ? formatToi(row.toi) : formatCount(row.toi)),
      tooltip: (row) =>
        `${row.toi > Number.MAX_SAFE_INTEGER ? formatToi(row.toi) : formatHex(row.toi)}, instance ${row.instance}`,
    },
    name: { cutInMiddle: true, tooltip: (row) => row.name ?? undefined },
    received: {
      text: (row) => (row.size === null ? UNKNOWN : formatPercent(row.received, row.size, 2)),
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
    service: { text: (row) => nameOf(row.service), cutInMiddle: true },
    contentType: {
      text: (row) => typeName(row.contentType),
      raw: (row) => row.contentType ?? '',
      tooltip: (row) => row.contentType ?? undefined,
    },
    state: {
      text: (row) => OBJECT_STATE_TEXT[row.state],
      tooltip: stateText,
      cell: (row) => (
        <>
          <ObjectStateGlyph state={row.state} recovered={row.recovered > 0} />
          <span>{OBJECT_STATE_TEXT[row.state]}</span>
        </>
      ),
    },
  }
}

/** Titles of the numbers of channel and object, by the protocols that carry the objects. */
const NUMBER_TITLES = {
  lct: { tsi: 'TSI', toi: 'TOI' },
  mmtp: { tsi: 'packet_id', toi: 'MPU' },
  both: { tsi: 'TSI, packet_id', toi: 'TOI, MPU' },
} as const

/** Which carriers a session has. */
export type Carriers = keyof typeof NUMBER_TITLES

export function carriersOf(channels: readonly Pick<ChannelSnapshot, 'protocol'>[]): Carriers {
  const mmtp = channels.some(({ protocol }) => protocol === 'mmtp')
  return !mmtp ? 'lct' : channels.every(({ protocol }) => protocol === 'mmtp') ? 'mmtp' : 'both'
}

/** The columns of OBJECT_COLUMNS that are shown. Times depend on the base; services on their names. */
export function objectColumnsFor(
  base: TimeBase,
  originUs: number | null,
  nameOf: (service: number | null) => string,
  carriers: Carriers,
): readonly Column<ObjectRow>[] {
  const looks = looksOf(base, originUs, nameOf)
  return shownColumns(OBJECT_COLUMNS).map(({ key: column, view }) => {
    const key = column as RowColumn
    const { title, unit, width, grow, hint, format } = view
    return {
      ...defined({ unit, grow }),
      ...alignOf(format),
      ...(hint === undefined ? {} : { tooltip: () => hint }),
      id: key,
      title: key === 'tsi' || key === 'toi' ? NUMBER_TITLES[carriers][key] : title,
      width,
      sortable: 'sort' in OBJECT_COLUMNS[key],
      text: (object) => formatValue(format, object[key], { base, originUs }),
      ...(hasRaw(format) ? { raw: (object: ObjectRow) => String(object[key] ?? '') } : {}),
      ...looks[key],
    }
  })
}

/** Tone of a row: only losses are emphasised. */
export const objectTone = (row: ObjectRow): string | undefined => (row.state === 'partial' ? 'error' : undefined)
