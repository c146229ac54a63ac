import { CHANNEL_FACTS, type ChannelFactValues } from '../../core/contract/channel-table.ts'
import { COLUMN_WORDS, OBJECT_COLUMNS, type ObjectRow, ROW_COLUMNS } from '../../core/contract/object-table.ts'

const EMPTY: Readonly<Record<string, unknown>> = {
  number: 0,
  string: '',
  ObjectState: COLUMN_WORDS.ObjectState[0],
  ChannelRole: 'unknown',
  Carrier: 'lct',
}

/** A row of the object table with nothing in it, so that tests name only what they are about. */
export function emptyObjectRow(): ObjectRow {
  const values = ROW_COLUMNS.map((key) => [key, EMPTY[OBJECT_COLUMNS[key].type] ?? null])
  return Object.fromEntries([['index', 0], ...values]) as ObjectRow
}

/** Facts of a channel without packets. */
export function noChannelFacts(): ChannelFactValues {
  const values = Object.entries(CHANNEL_FACTS).map(([key, { type }]) => [key, EMPTY[type] ?? null])
  return Object.fromEntries(values) as ChannelFactValues
}
