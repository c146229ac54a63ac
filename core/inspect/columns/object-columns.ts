import { hashOf, hexText, newHash, type RunningHash } from '#platform'
import { growColumnArrays, makeColumnArrays, packObjectRows } from '../../contract/object-batch.ts'
import type { ObjectRepair } from '../../contract/object-rows.ts'
import { OBJECT_STATE, STORED_COLUMNS, TEXT_COLUMNS, type TextColumnKey } from '../../contract/object-table.ts'
import { objectNumber } from '../../flow/carriers.ts'
import type { RepairFact } from '../../flow/facts.ts'
import type { ByteRange, FlowObject } from '../../flow/objects.ts'
import { BytePile, GrowingColumn } from './growing-columns.ts'
import { NameTable } from './name-table.ts'
import { ObjectTimeColumns } from './object-times.ts'
import { RowRanges } from './row-ranges.ts'

/** Bound on a session's rows: a full channel for a day. */
export const MAX_ROWS = 1 << 20
/** Stored bytes of a first packet's header. */
const MAX_HEADER_BYTES = 128
/** Fetched ranges stored for one object. */
const MAX_FETCHED = 1024
const HASH_BYTES = 32
const NONE: readonly ByteRange[] = []
/** Step of hashing an object during its arrival, equal to the receiver's pages. */
const HASH_STEP_BYTES = 256 << 10
const FIRST_ROWS = 1024

/** Every object of a session as a row of typed columns; rows have the receiver's object index. */
export class ObjectColumns {
  /** Longer than the rows in use, and other arrays after growth; rows not set read as 0. */
  readonly values = makeColumnArrays(STORED_COLUMNS, FIRST_ROWS)
  /** The texts behind the numbers of the text columns. */
  readonly texts = Object.fromEntries(TEXT_COLUMNS.map((key) => [key, new NameTable()])) as Record<
    TextColumnKey,
    NameTable
  >
  readonly times = new ObjectTimeColumns()
  count = 0
  /** Objects beyond the bound on rows. */
  refused = 0
  readonly #headerAt = new GrowingColumn((n) => new Uint32Array(n), FIRST_ROWS)
  readonly #headerBytes = new GrowingColumn((n) => new Uint8Array(n), FIRST_ROWS)
  readonly #headers = new BytePile()
  /** Bytes of the first packet behind its header. */
  readonly #contentBytes = new GrowingColumn((n) => new Uint16Array(n), FIRST_ROWS)
  /** Position of the hash in `#hashes`, in hashes, plus 1. */
  readonly #hashAt = new GrowingColumn((n) => new Uint32Array(n), FIRST_ROWS)
  readonly #hashes = new BytePile()
  #hashCount = 0
  /** Change counter at the last change of each row. */
  readonly #wideTois = new Map<number, string>()
  readonly #changed = new GrowingColumn((n) => new Uint32Array(n), FIRST_ROWS)
  #changes = 0
  readonly #missing = new RowRanges()
  readonly #recovered = new RowRanges()
  readonly #repairs = new Map<number, ObjectRepair>()
  readonly #live = new Map<number, FlowObject>()
  readonly #hash: boolean
  /** Hashed part of large objects still arriving. */
  readonly #begunHashes = new Map<number, { readonly hash: RunningHash; upTo: number }>()
  readonly #maxRows: number

  constructor(hash: boolean, maxRows: number) {
    this.#hash = hash
    this.#maxRows = maxRows
  }

  /** @param end of the header of its first packet, which ends at `packetEnd` */
  begin(object: FlowObject, header: Uint8Array, start: number, end: number, packetEnd: number): void {
    const row = object.index
    if (row >= this.#maxRows) {
      this.refused++
      return
    }
    this.#reserve(row + 1)
    if (row >= this.count) this.count = row + 1
    this.values.channel[row] = object.channel
    this.values.firstTimeUs[row] = object.firstTimeUs
    const { carrier } = object
    this.values.toi[row] = objectNumber(carrier) ?? 0
    if (carrier.kind === 'lct') {
      this.values.codepoint[row] = carrier.codepoint
      if (carrier.wideToi !== undefined) this.#wideTois.set(row, carrier.wideToi)
    }
    if (carrier.kind === 'lct' || carrier.kind === 'mmtp') this.values.instance[row] = carrier.instance
    const kept = Math.min(end, start + MAX_HEADER_BYTES)
    this.#headerAt.values[row] = this.#headers.add(header, start, kept)
    this.#headerBytes.values[row] = kept - start
    this.#contentBytes.values[row] = packetEnd - end
    this.#live.set(row, object)
    this.#copy(row, object)
  }

  /** Value of a TOI above 2^53-1, in decimal, for which its number only stands; null for others. */
  wideToiOf(row: number): string | null {
    return this.#wideTois.get(row) ?? null
  }

  #reserve(rows: number): void {
    const { length } = this.values.channel
    if (rows <= length) return
    growColumnArrays(this.values, Math.max(rows, length * 2))
    for (const column of [this.#headerBytes, this.#headerAt, this.#contentBytes, this.#hashAt, this.#changed])
      column.reserve(rows)
  }

  end(object: FlowObject): void {
    const row = object.index
    if (row >= this.count) return
    this.#live.delete(row)
    this.#copy(row, object)
    const begun = this.#begunHashes.get(row)
    if (begun !== undefined) this.#begunHashes.delete(row)
    if (object.state !== 'complete') {
      if (this.#repairs.get(row)?.how === 'http') return
      this.#missing.set(row, object.missing())
      return
    }
    this.#missing.set(row, NONE)
    if (!this.#hash || object.size === null) return
    const { bytes } = object.lease(begun?.upTo ?? 0, object.size)
    this.#keepHash(row, begun === undefined ? hashOf('sha256', bytes) : begun.hash.update(bytes).digest())
  }

  #keepHash(row: number, digest: Uint8Array): void {
    this.#hashes.add(digest, 0, HASH_BYTES)
    this.#hashAt.values[row] = ++this.#hashCount
  }

  /**
   * Hashes the received part of objects still arriving, to leave less for their ends: segments of all representations
   * end at the same time, and packets of the next ones already arrive.
   */
  hashArrived(): void {
    if (!this.#hash) return
    for (const object of this.#live.values()) {
      const row = object.index
      const prefix = object.prefixBytes()
      let begun = this.#begunHashes.get(row)
      if (prefix - (begun?.upTo ?? 0) < HASH_STEP_BYTES) continue
      if (begun === undefined) {
        begun = { hash: newHash('sha256'), upTo: 0 }
        this.#begunHashes.set(row, begun)
      }
      for (; prefix - begun.upTo >= HASH_STEP_BYTES; begun.upTo += HASH_STEP_BYTES) {
        begun.hash.update(object.lease(begun.upTo, begun.upTo + HASH_STEP_BYTES).bytes)
      }
    }
  }

  /** Applies the repair of an incomplete row. */
  repaired(row: number, { how, bytes, urls, fetched, whole }: RepairFact): void {
    if (row >= this.count) return
    this.#repairs.set(row, { how, bytes, urls, fetched: fetched.slice(0, MAX_FETCHED) })
    this.#changed.values[row] = ++this.#changes
    if (how !== 'http') return
    this.values.state[row] = OBJECT_STATE.complete
    this.#live.delete(row)
    this.#missing.set(row, NONE)
    this.#begunHashes.delete(row)
    if (whole === null) {
      this.values.received[row] = Math.max(this.values.received[row] as number, this.values.size[row] as number)
      return
    }
    this.values.size[row] = whole.length
    this.values.received[row] = whole.length
    if (this.#hash) this.#keepHash(row, hashOf('sha256', whole))
  }

  /** The repair of an incomplete object. */
  repairOf(row: number): ObjectRepair | null {
    return this.#repairs.get(row) ?? null
  }

  resume(object: FlowObject): void {
    if (object.index >= this.count || this.#repairs.get(object.index)?.how === 'http') return
    this.#live.set(object.index, object)
    this.#copy(object.index, object)
  }

  repeat(row: number, packets: number, repeats: number, timeUs: number): void {
    if (row >= this.count) return
    this.values.packets[row] = packets
    this.values.repeats[row] = repeats
    this.values.lastTimeUs[row] = timeUs
    this.#changed.values[row] = ++this.#changes
  }

  named(object: FlowObject): void {
    if (object.index < this.count) this.#copy(object.index, object)
  }

  /** Copies the progress of objects still arriving. */
  refresh(): void {
    for (const [row, object] of this.#live) {
      if (this.values.packets[row] !== object.packets || this.values.size[row] !== (object.size ?? -1)) {
        this.#copy(row, object)
      } else if (object.name !== null && this.values.name[row] === 0) {
        this.#copy(row, object)
      }
    }
  }

  #copy(row: number, object: FlowObject): void {
    // Completed by HTTP: later packets change nothing until the object is complete on air.
    if (object.state !== 'complete' && this.#repairs.get(row)?.how === 'http') return
    this.values.lastTimeUs[row] = Math.max(object.lastTimeUs, this.values.lastTimeUs[row] as number)
    this.values.size[row] = object.size ?? -1
    this.values.received[row] = object.received
    if (object.recovered > 0) this.#copyRecovered(row, object)
    this.values.packets[row] = Math.max(object.packets, this.values.packets[row] as number)
    this.values.state[row] = OBJECT_STATE[object.state]
    this.times.copy(row, object)
    if (object.name !== null) this.#setText('name', row, object.name)
    if (object.contentType !== null) this.#setText('contentType', row, object.contentType)
    this.#changed.values[row] = ++this.#changes
  }

  /** A text is what it was the last time but rarely. */
  #setText(key: TextColumnKey, row: number, text: string): void {
    const ids = this.values[key]
    const before = ids[row] as number
    const table = this.texts[key]
    if (before === 0 || table.name(before - 1) !== text) ids[row] = table.idOf(text) + 1
  }

  #copyRecovered(row: number, object: FlowObject): void {
    if (this.values.recovered[row] === object.recovered) return
    this.values.recovered[row] = object.recovered
    this.#recovered.set(row, object.recoveredRanges)
  }

  /** Ranges recovered by FEC. */
  recoveredOf(row: number): readonly ByteRange[] {
    return this.#recovered.get(row)
  }

  /** Objects begun and not ended. */
  arriving(): Iterable<FlowObject> {
    return this.#live.values()
  }

  /** Null where the object has no such text. */
  textOf(key: TextColumnKey, row: number): string | null {
    const id = this.values[key][row] as number
    return id === 0 ? null : this.texts[key].name(id - 1)
  }

  /** Ranges not received; of an object still arriving, those missing now. */
  missingOf(row: number): readonly ByteRange[] {
    return this.#live.get(row)?.missing() ?? this.#missing.get(row)
  }

  /** Header of its first packet, with the FEC Payload ID. A view. */
  headerOf(row: number): Uint8Array {
    return this.#headers.borrow(this.#headerAt.values[row] as number, this.#headerBytes.values[row] as number)
  }

  /** Bytes of its first packet behind that header. */
  contentBytesOf(row: number): number {
    return this.#contentBytes.values[row] as number
  }

  /** SHA-256 in hexadecimal, null where the object is incomplete or hashing is off. */
  sha256Of(row: number): string | null {
    const at = this.#hashAt.values[row] as number
    if (at === 0 || this.values.state[row] !== OBJECT_STATE.complete) return null
    return hexText(this.#hashes.borrow((at - 1) * HASH_BYTES, HASH_BYTES))
  }

  /**
   * Rows changed since `cursor` (0: all), oldest change first, at most `limit`, packed as in `OBJECT_ROW`.
   * @returns null without changes; else the rows, and the next cursor
   */
  changes(cursor: number, limit: number): { readonly rows: Uint8Array; readonly cursor: number } | null {
    this.refresh()
    const changed = this.#changed.values
    let upTo = this.#changes
    let rows: number[] = []
    for (let row = 0; row < this.count; row++) if ((changed[row] as number) > cursor) rows.push(row)
    if (rows.length === 0) return null
    if (rows.length > limit) {
      const order = Uint32Array.from(rows, (row) => changed[row] as number).sort()
      upTo = order[limit - 1] as number
      rows = rows.filter((row) => (changed[row] as number) <= upTo)
    }
    return { rows: packObjectRows(new Uint32Array(rows), this.values), cursor: upTo }
  }
}
