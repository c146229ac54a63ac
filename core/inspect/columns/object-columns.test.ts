import { describe, expect, it } from 'vitest'
import {
  COLUMN_WORDS,
  OBJECT_COLUMNS,
  type ObjectColumn,
  type ObjectColumnKey,
  type ObjectRow,
  type RowColumn,
  SORT_COLUMNS,
  STORED_COLUMNS,
  TEXT_COLUMNS,
} from '../../contract/object-table.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { ObjectColumns } from './object-columns.ts'
import { ObjectViews } from './object-views.ts'

const ORDER = [3, 1, 2]

/** A thing with these fields, and 5 in every other, for columns added later. */
function withAll<Thing>(fields: object): Thing {
  return new Proxy(fields, { get: (target, key) => (key in target ? Reflect.get(target, key) : 5) }) as Thing
}

const object = withAll<FlowObject>({
  index: 0,
  carrier: { kind: 'lct', tsi: 10, toi: 3, codepoint: 8, instance: 1 },
  name: 'a.m4s',
  contentType: 'video/mp4',
  recoveredRanges: [],
  state: 'complete',
  times: null,
})
const channels = ORDER.map((number) =>
  withAll<ChannelFacts>({
    index: number,
    serviceId: number,
    destination: `239.0.0.${number}:5000`,
    carrier: { kind: 'lct', tsi: number },
    role: COLUMN_WORDS.ChannelRole[number],
  }),
)

/** Three rows with 3, 1 and 2 in every column. */
function threeRows(): { readonly views: ObjectViews; readonly rows: readonly ObjectRow[] } {
  const columns = new ObjectColumns(false, 10)
  columns.count = ORDER.length
  ORDER.forEach((number, row) => {
    for (const key of STORED_COLUMNS) columns.values[key][row] = key === 'channel' ? row : number
    for (const key of TEXT_COLUMNS) columns.values[key][row] = columns.texts[key].idOf(`${key}-${number}`) + 1
  })
  const views = new ObjectViews(columns, channels)
  return { views, rows: ORDER.map((_, row) => views.row(row)) }
}

const select = (views: ObjectViews, filter: string, column: (typeof SORT_COLUMNS)[number] = 'firstTimeUs') => {
  const { viewId, total, error } = views.query({ filter, sort: { column, descending: false } })
  expect(error).toBeNull()
  return [...views.rows(viewId, 0, total)]
}

describe('every column of the table', () => {
  it.each(STORED_COLUMNS)('reads %s from the object', (key) => {
    const columns = new ObjectColumns(false, 10)
    columns.begin(object, new Uint8Array(4), 0, 4, 9)
    columns.end(object)
    columns.repeat(0, 6, 2, 9)
    expect(columns.values[key][0]).not.toBe(0)
  })

  it.each(SORT_COLUMNS)('sorts by %s', (column) => {
    const { views, rows } = threeRows()
    expect(select(views, '', column)).toEqual([1, 2, 0])
    expect(new Set(rows.map((row) => row[column])).size).toBe(3)
  })

  const filters = Object.entries<ObjectColumn>(OBJECT_COLUMNS).flatMap(([key, { filter }]) =>
    (filter?.terms ?? []).map((term) => [term, key as ObjectColumnKey] as const),
  )
  it.each(filters)('filters by %s:', (term, key) => {
    const { views, rows } = threeRows()
    rows.forEach((row, index) => {
      expect(select(views, `${term}:${row[key as RowColumn]}`)).toEqual([index])
    })
  })
})

it('lists the fields of a filter, and the values of one', () => {
  const { views } = threeRows()
  const errorOf = (filter: string) => views.query({ filter, sort: { column: 'toi', descending: false } }).error
  const fields = errorOf('tso:1')?.split('known fields are ')[1]?.split(', ') ?? []
  expect(fields.filter((term) => ['tsi', 'toi', 'service', 'cp', 'codepoint'].includes(term))).toEqual([
    ...['tsi', 'toi', 'service', 'cp', 'codepoint'],
  ])
  expect(fields.slice(-4)).toEqual(['role', 'state', 'name', 'type'])
  expect(errorOf('state:lost')).toBe(
    '"state:lost": a state is one of receiving, complete, partial, truncated, joined, incomplete, cut',
  )
  expect(errorOf('role:x')).toBe('"role:x": a role is one of signaling, video, audio, text, data, unknown')
})
