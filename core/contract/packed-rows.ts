import { type ObjectRow, ROW_COLUMNS } from './object-table.ts'

const KEYS = ['index', ...ROW_COLUMNS] as const
type Key = (typeof KEYS)[number]

/**
 * Rows of the object table as they cross to a window: column by column, and a column whose value is the same in all rows as that
 * value.
 */
export type PackedRows = { readonly rows: number } & {
  readonly [K in Key]: ObjectRow[K] | readonly ObjectRow[K][]
}

/** Packs rows. */
export function packRows(rows: readonly ObjectRow[]): PackedRows {
  const columns = KEYS.map((key) => {
    const values = rows.map((row) => row[key])
    const [first] = values
    const same = first !== undefined && values.every((value) => value === first)
    return [key, same ? first : values]
  })
  return { rows: rows.length, ...Object.fromEntries(columns) } as PackedRows
}

/** Unpacks what `packRows` made. */
export function unpackRows(packed: PackedRows): ObjectRow[] {
  return Array.from({ length: packed.rows }, (_, at) => {
    const values = KEYS.map((key) => {
      const column: unknown = packed[key]
      return [key, Array.isArray(column) ? column[at] : column]
    })
    return Object.fromEntries(values) as ObjectRow
  })
}
