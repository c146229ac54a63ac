import type { BoxField, BytesView, ObjectBoxes } from '../../contract/object-boxes.ts'
import type { ObjectDetail } from '../../contract/object-rows.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'

/** Reads bytes of an object that are kept; null where they are not, or nothing else than what arrived is served. */
export type BytesReader = (index: number, view: BytesView, from?: number, to?: number) => Uint8Array | null

/** Details and bytes of the objects of a receiver, by their rows. */
export class ObjectContents {
  readonly #columns: () => SessionColumns
  #kept: BytesReader = () => null

  /** @param columns of the receiver, once it has started */
  constructor(columns: () => SessionColumns) {
    this.#columns = columns
  }

  /** Adds a reader of bytes; of several, the first that has some is used. */
  keepBy(reader: BytesReader): void {
    const before = this.#kept
    this.#kept = (...range) => before(...range) ?? reader(...range)
  }

  /** Kept bytes; null where none are. */
  kept(index: number, view: BytesView): Uint8Array | null {
    return this.#kept(index, view)
  }

  /** @throws AppFailure no-such-session where the row does not exist */
  detail(index: number): ObjectDetail {
    const detail = Number.isSafeInteger(index) ? this.#columns().shown.detail(index) : null
    if (detail === null) {
      throw new AppFailure('no-such-session', `There is no object in row ${index}.`, 'Choose another object.')
    }
    return detail
  }

  /** A copy; shorter where not all is stored. */
  bytes(index: number, from: number, to: number, view: BytesView): Uint8Array {
    if (!Number.isSafeInteger(index)) return new Uint8Array(0)
    const patched = view === 'served' ? this.#kept(index, 'served', from, to) : null
    const bytes =
      patched ??
      this.#kept(index, 'arrived', from, to) ??
      this.#columns().shown.storedBytes(index, 'arrived')?.subarray(from, to)
    // A view would carry its whole buffer across the process border.
    return bytes === undefined ? new Uint8Array(0) : bytes.slice()
  }

  boxes(index: number, view: BytesView): ObjectBoxes {
    return this.#columns().shown.boxes(index, view)
  }

  /** Fields of the box at an offset; none where there is no box. */
  boxFields(index: number, view: BytesView, offset: number): readonly BoxField[] {
    return this.#columns().shown.boxFields(index, view, offset)
  }
}
