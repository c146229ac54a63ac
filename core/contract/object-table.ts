import type { ChannelRole, ObjectState } from './report.ts'
import type { TableView } from './table-view.ts'

/**
 * State of an object: bytes arriving, whole, ended with holes that were lost, cut off because reception ended first, or begun before
 * reception. The last two lost nothing.
 */
export const OBJECT_STATE = {
  receiving: 0,
  complete: 1,
  partial: 2,
  truncated: 3,
  joined: 4,
} as const satisfies Record<ObjectState, number>

/** Values of columns of words, in the order of the numbers they are stored as. */
export const COLUMN_WORDS = {
  ObjectState: Object.keys(OBJECT_STATE) as ObjectState[],
  ChannelRole: ['signaling', 'video', 'audio', 'text', 'data', 'unknown'] satisfies ChannelRole[],
} as const

/** Type of a column's value in a row, by the column's `type`. */
type ColumnTypes = {
  number: number
  /** Stored as -1 where it is null. */
  'number | null': number | null
  string: string
  'string | null': string | null
  ObjectState: ObjectState
  ChannelRole: ChannelRole
  Carrier: 'lct' | 'mmtp'
}

/** Filter of a column: numbers are compared, a text is searched, a word is one of COLUMN_WORDS. */
type ColumnFilter = {
  /** Names of the field. */
  readonly terms: readonly string[]
  /** An example and its meaning, for the help of the filter. */
  readonly help?: readonly [string, string]
  /** Words that stand for several values. */
  readonly also?: Readonly<Record<string, readonly string[]>>
}

type ColumnUse = {
  /** Direction of the first click on its title; absent: the table is not sorted by it. */
  readonly sort?: 'ascending' | 'descending'
  readonly filter?: ColumnFilter
  readonly view?: TableView
}

/** A number of each object, in a typed array of this width; `batch` where windows have all values. */
type NumberColumn = ColumnUse & {
  readonly type: 'number' | 'number | null' | 'ObjectState'
  readonly store: 'f64' | 'u32' | 'u16'
  readonly batch?: true
  /** Not part of ObjectRow. */
  readonly row?: false
}
/** A text of each object, stored once, and in the column by its number plus 1; 0 where there is none. */
type TextColumn = ColumnUse & { readonly type: 'string | null'; readonly store: 'text' }
/** A number of the object's channel. */
type ChannelNumberColumn = ColumnUse & { readonly type: 'number' | 'number | null'; readonly store: 'channel' }
/** A word of the object's channel: it can be filtered by where it has COLUMN_WORDS. */
type ChannelWordColumn = Omit<ColumnUse, 'sort'> & {
  readonly type: 'ChannelRole' | 'string' | 'Carrier'
  readonly store: 'channel'
}

/** One column of the object table. */
export type ObjectColumn = NumberColumn | TextColumn | ChannelNumberColumn | ChannelWordColumn

/**
 * The columns of the object table. From this follow the layout of a batch, ObjectRow, the arrays of engine and window, sort,
 * filter and the columns of the view. Values are taken in `inspect/columns/object-columns.ts`, those of a channel in
 * `inspect/columns/channel-values.ts`.
 */
export const OBJECT_COLUMNS = {
  /** Index of its channel, see ChannelSnapshot.channel. */
  channel: { type: 'number', store: 'u32', batch: true, row: false },
  /** First packet, µs. */
  firstTimeUs: {
    type: 'number',
    store: 'f64',
    batch: true,
    sort: 'ascending',
    view: { title: 'Time', format: 'time', weight: 10, width: 108 },
  },
  /** Last packet, µs. */
  lastTimeUs: { type: 'number', store: 'f64', batch: true, sort: 'ascending' },
  /** Protocol that carried it, which defines `tsi` and `toi`. */
  carrier: { type: 'Carrier', store: 'channel' },
  destination: { type: 'string', store: 'channel' },
  /** Number of its channel: the TSI, or the packet_id. */
  tsi: {
    type: 'number',
    store: 'channel',
    sort: 'ascending',
    filter: { terms: ['tsi'], help: ['tsi:10', 'one LCT channel'] },
    view: { title: 'TSI', format: 'text', weight: 20, width: 110 },
  },
  /** Its number in the channel: the TOI, or the MPU sequence number. */
  toi: {
    type: 'number',
    store: 'f64',
    batch: true,
    sort: 'ascending',
    filter: { terms: ['toi'], help: ['toi:60060', 'one transport object'] },
    view: { title: 'TOI', format: 'count', weight: 70, width: 94 },
  },
  instance: { type: 'number', store: 'u32' },
  service: {
    type: 'number | null',
    store: 'channel',
    sort: 'ascending',
    filter: { terms: ['service'], help: ['service:1', 'a service by its id'] },
    view: { title: 'Service', format: 'text', weight: 75, width: 84, grow: 1 },
  },
  role: {
    type: 'ChannelRole',
    store: 'channel',
    filter: { terms: ['role'], help: ['role:video', 'video, audio, text, data, signaling'] },
  },
  state: {
    type: 'ObjectState',
    store: 'u16',
    batch: true,
    sort: 'ascending',
    filter: {
      terms: ['state'],
      help: ['state:partial', 'receiving, complete, partial, truncated, joined'],
      also: { incomplete: ['partial', 'truncated', 'joined'], cut: ['truncated', 'joined'] },
    },
    view: { title: 'State', format: 'text', weight: 40, width: 88 },
  },
  /** Bytes as transported. */
  size: {
    type: 'number | null',
    store: 'f64',
    batch: true,
    sort: 'descending',
    filter: { terms: ['size'], help: ['size:>1000', 'more than 1000 bytes; also size:<1000'] },
    view: { title: 'Size', unit: 'B', format: 'count', weight: 60, width: 70 },
  },
  /** Bytes received. */
  received: {
    type: 'number',
    store: 'f64',
    batch: true,
    sort: 'descending',
    filter: { terms: ['received'] },
    view: { title: 'Received', format: 'count', weight: 50, width: 74 },
  },
  /** Bytes recovered by FEC, which `received` does not include. */
  recovered: { type: 'number', store: 'f64', batch: true, filter: { terms: ['recovered'] } },
  packets: {
    type: 'number',
    store: 'u32',
    sort: 'descending',
    filter: { terms: ['packets'] },
    view: { title: 'Packets', format: 'count', weight: 100, width: 74 },
  },
  repeats: {
    type: 'number',
    store: 'u32',
    batch: true,
    sort: 'descending',
    filter: { terms: ['repeats'] },
    view: { title: 'Repeats', format: 'count', weight: 110, width: 74 },
  },
  codepoint: {
    type: 'number',
    store: 'u16',
    batch: true,
    sort: 'ascending',
    filter: { terms: ['cp', 'codepoint'] },
    view: { title: 'Codepoint', format: 'plain', weight: 115, width: 78 },
  },
  name: {
    type: 'string | null',
    store: 'text',
    sort: 'ascending',
    filter: { terms: ['name'], help: ['name:seg', 'a part of the name'] },
    view: { title: 'Name', format: 'text', weight: 30, width: 104, grow: 4 },
  },
  contentType: {
    type: 'string | null',
    store: 'text',
    sort: 'ascending',
    filter: { terms: ['type'] },
    view: { title: 'Type', format: 'text', weight: 120, width: 92, grow: 1 },
  },
} as const satisfies Record<string, ObjectColumn>

type Table = typeof OBJECT_COLUMNS
/** Columns with all fields of `Wanted`. */
type ColumnsWith<Wanted> = { [Key in keyof Table]: Table[Key] extends Wanted ? Key : never }[keyof Table]

/** Any column. */
export type ObjectColumnKey = keyof Table
/** Columns that the table can be sorted by. */
export type ObjectSortColumn = ColumnsWith<{ readonly sort: string }>
/** Columns stored for each object. */
export type StoredColumn = ColumnsWith<{ readonly store: 'f64' | 'u32' | 'u16' | 'text' }>
/** Stored columns that are texts. */
export type TextColumnKey = ColumnsWith<{ readonly store: 'text' }>
/** Columns that are the same for all objects of a channel. */
export type ChannelColumn = ColumnsWith<{ readonly store: 'channel' }>
/** Columns that a window has of every object. */
export type BatchColumn = ColumnsWith<{ readonly batch: true }>
/** Columns of ObjectRow. */
export type RowColumn = Exclude<ObjectColumnKey, ColumnsWith<{ readonly row: false }>>

/** One row of the object table, fetched by range. */
export type ObjectRow = { readonly index: number } & {
  readonly [Key in RowColumn]: ColumnTypes[Table[Key]['type']]
}

const KEYS = Object.keys(OBJECT_COLUMNS) as ObjectColumnKey[]
const columnOf = (key: ObjectColumnKey): ObjectColumn => OBJECT_COLUMNS[key]

/** Lists of the keys above, in the table's order. */
export const STORED_COLUMNS = KEYS.filter((key) => columnOf(key).store !== 'channel') as readonly StoredColumn[]
export const TEXT_COLUMNS = KEYS.filter((key) => columnOf(key).store === 'text') as readonly TextColumnKey[]
export const BATCH_COLUMNS = KEYS.filter((key) => 'batch' in OBJECT_COLUMNS[key]) as readonly BatchColumn[]
export const ROW_COLUMNS = KEYS.filter((key) => !('row' in OBJECT_COLUMNS[key])) as readonly RowColumn[]
export const SORT_COLUMNS = KEYS.filter((key) => 'sort' in OBJECT_COLUMNS[key]) as readonly ObjectSortColumn[]
