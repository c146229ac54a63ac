import { asServiceId, type ServiceId } from '../contract/ids.ts'
import { OBJECT_BATCH_ROWS } from '../contract/object-batch.ts'
import type { BoxField, BytesView, ObjectBoxes } from '../contract/object-boxes.ts'
import type { ObjectDetail, ObjectQuery, ObjectView } from '../contract/object-rows.ts'
import type { ObjectRow } from '../contract/object-table.ts'
import type { ChannelFacts } from '../flow/facts.ts'
import { describeBox, looksLikeBoxFile, readBoxTree } from '../media/bmff/box-tree.ts'
import type { StreamWatch } from './clock/stream-watch.ts'
import type { KeptObjects } from './columns/kept-objects.ts'
import type { ObjectColumns } from './columns/object-columns.ts'
import { holesOf, makeDetail } from './columns/object-detail.ts'
import { ObjectViews } from './columns/object-views.ts'
import type { LossWatch } from './losses/loss-watch.ts'

/** Where objects can be read: their bytes, where stored, and the address of a named one, where served. */
export type StoredObjects = {
  /** Those that arrived, or its patched file. */
  readonly bytesOf?: (index: number, view: BytesView) => Uint8Array | null
  readonly urlOf?: (serviceId: ServiceId, name: string) => string | null
}

/** What is known of objects beside their columns. */
type KnownOfObjects = StoredObjects & {
  readonly channels: readonly ChannelFacts[]
  readonly losses: LossWatch
  readonly watch: StreamWatch
  readonly kept: KeptObjects
}

/** What a window asks about objects: batches of them, views of their table, the detail of one, its boxes. */
export class ShownObjects {
  readonly #columns: ObjectColumns
  readonly #from: KnownOfObjects
  readonly #views: ObjectViews

  constructor(columns: ObjectColumns, from: KnownOfObjects) {
    this.#columns = columns
    this.#from = from
    this.#views = new ObjectViews(columns, from.channels)
  }

  /**
   * Rows new or changed since `cursor` (0: all), at most `OBJECT_BATCH_ROWS`, packed as in `ObjectBatch`.
   * @returns null without any; until then call again with the new cursor
   */
  objectBatch(cursor: number): { readonly rows: Uint8Array; readonly total: number; readonly cursor: number } | null {
    const changes = this.#columns.changes(cursor, OBJECT_BATCH_ROWS)
    return changes === null ? null : { ...changes, total: this.#columns.count }
  }

  query(query: ObjectQuery): ObjectView {
    return this.#views.query(query)
  }

  /** A view dropped for newer ones is empty, and marked so. */
  refresh(viewId: number): ObjectView {
    return this.#views.refresh(viewId)
  }

  /** Rows `[from, to)` of a view. */
  rows(viewId: number, from: number, to: number): ObjectRow[] {
    return Array.from(this.#views.rows(viewId, from, to), (row) => this.#views.row(row))
  }

  position(viewId: number, index: number): number {
    return this.#views.position(viewId, index)
  }

  /** Null without such a row. */
  detail(index: number): ObjectDetail | null {
    if (index < 0 || index >= this.#columns.count) return null
    this.#columns.refresh()
    const row = this.#views.row(index)
    const url =
      row.name === null || row.service === null
        ? null
        : (this.#from.urlOf?.(asServiceId(row.service), row.name) ?? null)
    const announced =
      row.name === null || row.service === null
        ? null
        : this.#from.losses.media.availability(asServiceId(row.service), row.name, row.lastTimeUs)
    const availability = announced === null ? null : this.#from.watch.inStreamTime(announced)
    const late = availability === null ? null : this.#from.watch.latenessOf(row, availability)
    const cause = this.#from.losses.causeOf(index)
    const mmtp = this.#from.channels[this.#columns.values.channel[index] as number]?.carrier.kind === 'mmtp'
    const arrived = this.storedBytes(index, 'arrived')
    const served = this.#from.bytesOf?.(index, 'served')?.length ?? null
    return makeDetail(this.#columns, row, { arrived, served, url, availability, late, cause, mmtp })
  }

  /** Bytes of an object as transported: signalling is stored here, the rest in the store. */
  storedBytes(index: number, view: BytesView): Uint8Array | null {
    const patched = view === 'served' ? (this.#from.bytesOf?.(index, 'served') ?? null) : null
    return patched ?? this.#from.kept.bytes(index) ?? this.#from.bytesOf?.(index, 'arrived') ?? null
  }

  /** Its boxes, in the bytes of a view; none where it has none. */
  boxes(index: number, view: BytesView): ObjectBoxes {
    const bytes = this.storedBytes(index, view)
    if (bytes === null || index >= this.#columns.count) return { rows: [], more: false }
    const holes = holesOf(this.#columns, index, view)
    return looksLikeBoxFile(bytes, holes)
      ? readBoxTree(bytes, holes, this.#views.row(index).size)
      : { rows: [], more: false }
  }

  /** The fields of the box at an offset of a view. */
  boxFields(index: number, view: BytesView, offset: number): readonly BoxField[] {
    const bytes = this.storedBytes(index, view)
    return bytes === null ? [] : describeBox(bytes, holesOf(this.#columns, index, view), offset)
  }
}
