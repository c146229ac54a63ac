import { BATCH_COLUMNS, type BatchColumn, OBJECT_COLUMNS, type StoredColumn } from './object-table.ts'

const ARRAYS = { f64: Float64Array, u32: Uint32Array, u16: Uint16Array, text: Uint32Array } as const
const WIDTHS = { f64: 8, u32: 4, u16: 2 } as const

/** The stored columns as typed arrays, by object index. */
export type ColumnArrays<Key extends StoredColumn = StoredColumn> = {
  [Column in Key]: InstanceType<(typeof ARRAYS)[(typeof OBJECT_COLUMNS)[Column]['store']]>
}

type AnyArray = Float64Array | Uint32Array | Uint16Array

/** Arrays of zeros for `rows` objects. */
export function makeColumnArrays<Key extends StoredColumn>(keys: readonly Key[], rows: number): ColumnArrays<Key> {
  const arrays = keys.map((key) => [key, new ARRAYS[OBJECT_COLUMNS[key].store](rows)])
  return Object.fromEntries(arrays) as ColumnArrays<Key>
}

/** Replaces the arrays of `into` by longer ones, of `rows` objects. */
export function growColumnArrays<Key extends StoredColumn>(into: ColumnArrays<Key>, rows: number): void {
  for (const key of Object.keys(into) as Key[]) {
    const grown = new ARRAYS[OBJECT_COLUMNS[key].store](rows)
    grown.set(into[key])
    into[key] = grown as ColumnArrays<Key>[Key]
  }
}

/** Widest first, then in the table's order. */
function layOut(): { readonly offsets: Readonly<Record<'index' | BatchColumn, number>>; readonly bytes: number } {
  const width = (key: 'index' | BatchColumn): number => WIDTHS[key === 'index' ? 'u32' : OBJECT_COLUMNS[key].store]
  const offsets: Partial<Record<'index' | BatchColumn, number>> = {}
  let bytes = 0
  for (const key of [...(['index', ...BATCH_COLUMNS] as const)].sort((a, b) => width(b) - width(a))) {
    offsets[key] = bytes
    bytes += width(key)
  }
  return { offsets: offsets as Record<'index' | BatchColumn, number>, bytes }
}

const LAYOUT = layOut()

/**
 * Object columns as they cross to the interface: rows packed little-endian, `OBJECT_ROW_BYTES` each, in one Uint8Array: the
 * index of the row in the session (u32) and the columns of the table that have `batch`, at these offsets. A batch carries rows
 * that are new or changed since the last; the receiver of a batch overwrites row `index`.
 */
export const OBJECT_ROW = LAYOUT.offsets
/** Bytes of one packed row. */
export const OBJECT_ROW_BYTES = LAYOUT.bytes

/** Largest number of rows in one batch, so that a large capture does not arrive as one message. */
export const OBJECT_BATCH_ROWS = 8192

/** `total` counts the rows of the session so far. */
export type ObjectBatch = { readonly sessionId: string; readonly rows: Uint8Array; readonly total: number }

/** Rows are packed column by column in blocks that stay in the processor's first cache. */
const BLOCK_ROWS = 256

/** Packs the rows with these indices. */
export function packObjectRows(indices: Uint32Array, values: ColumnArrays<BatchColumn>): Uint8Array {
  const packed = new Uint8Array(indices.length * OBJECT_ROW_BYTES)
  const view = new DataView(packed.buffer)
  for (let from = 0; from < indices.length; from += BLOCK_ROWS) {
    const to = Math.min(indices.length, from + BLOCK_ROWS)
    for (let row = from; row < to; row++) {
      view.setUint32(row * OBJECT_ROW_BYTES + OBJECT_ROW.index, indices[row] as number, true)
    }
    for (const key of BATCH_COLUMNS) packColumn(view, OBJECT_ROW[key], indices, from, to, values[key])
  }
  return packed
}

/** One loop for each width: each runs over one kind of array. */
function packColumn(
  view: DataView,
  offset: number,
  indices: Uint32Array,
  from: number,
  to: number,
  values: AnyArray,
): void {
  let at = from * OBJECT_ROW_BYTES + offset
  if (values instanceof Float64Array) {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      view.setFloat64(at, values[indices[row] as number] as number, true)
    }
  } else if (values instanceof Uint32Array) {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      view.setUint32(at, values[indices[row] as number] as number, true)
    }
  } else {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      view.setUint16(at, values[indices[row] as number] as number, true)
    }
  }
}

/** Indices of the rows of a batch. */
export function objectRowIndices(packed: Uint8Array): Uint32Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const indices = new Uint32Array(Math.floor(packed.byteLength / OBJECT_ROW_BYTES))
  for (let row = 0, at = OBJECT_ROW.index; row < indices.length; row++, at += OBJECT_ROW_BYTES) {
    indices[row] = view.getUint32(at, true)
  }
  return indices
}

/** Writes the rows of a batch into arrays that are long enough for all `indices` of it. */
export function unpackObjectRows(packed: Uint8Array, indices: Uint32Array, into: ColumnArrays<BatchColumn>): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let from = 0; from < indices.length; from += BLOCK_ROWS) {
    const to = Math.min(indices.length, from + BLOCK_ROWS)
    for (const key of BATCH_COLUMNS) unpackColumn(view, OBJECT_ROW[key], indices, from, to, into[key])
  }
}

function unpackColumn(
  view: DataView,
  offset: number,
  indices: Uint32Array,
  from: number,
  to: number,
  values: AnyArray,
): void {
  let at = from * OBJECT_ROW_BYTES + offset
  if (values instanceof Float64Array) {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      values[indices[row] as number] = view.getFloat64(at, true)
    }
  } else if (values instanceof Uint32Array) {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      values[indices[row] as number] = view.getUint32(at, true)
    }
  } else {
    for (let row = from; row < to; row++, at += OBJECT_ROW_BYTES) {
      values[indices[row] as number] = view.getUint16(at, true)
    }
  }
}
