import { hashOf, hexText, newHash, type RunningHash } from '#platform'
import {
  OBJECT_ROW,
  OBJECT_ROW_BYTES,
  OBJECT_STATE,
  type ObjectRepair,
  type ObjectState,
} from '../../contract/object-rows.ts'
import { objectNumber } from '../../flow/carriers.ts'
import type { RepairFact } from '../../flow/facts.ts'
import type { ByteRange, FlowObject } from '../../flow/objects.ts'
import { BytePile, GrowingColumn } from './growing-columns.ts'
import { NameTable } from './name-table.ts'
import { ObjectTimeColumns } from './object-times.ts'

/** Rows a session keeps at most: a full channel for a day. */
export const MAX_ROWS = 1 << 20
/** Bytes of a first packet's header that are kept. */
const MAX_HEADER_BYTES = 64
/** Missing ranges kept for one object. */
const MAX_MISSING = 1024
const HASH_BYTES = 32
/** What is hashed of an object while it arrives is hashed in pieces of this, as long as the receiver's pages. */
const HASH_STEP_BYTES = 256 << 10
const STATE_NAMES = Object.keys(OBJECT_STATE) as ObjectState[]

/** Every object of a session as a row of typed columns; rows are indexed as the receiver counts objects. */
export class ObjectColumns {
  readonly channel = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly firstTimeUs = new GrowingColumn((n) => new Float64Array(n), 1024)
  readonly lastTimeUs = new GrowingColumn((n) => new Float64Array(n), 1024)
  /** -1 while unknown. */
  readonly size = new GrowingColumn((n) => new Float64Array(n), 1024)
  readonly received = new GrowingColumn((n) => new Float64Array(n), 1024)
  /** Bytes that FEC gave back. */
  readonly recovered = new GrowingColumn((n) => new Float64Array(n), 1024)
  readonly toi = new GrowingColumn((n) => new Float64Array(n), 1024)
  readonly state = new GrowingColumn((n) => new Uint16Array(n), 1024)
  readonly codepoint = new GrowingColumn((n) => new Uint16Array(n), 1024)
  readonly repeats = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly packets = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly instance = new GrowingColumn((n) => new Uint32Array(n), 1024)
  /** Number in `names` plus 1; 0 where there is none. */
  readonly name = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly contentType = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly names = new NameTable()
  readonly types = new NameTable()
  readonly times = new ObjectTimeColumns()
  count = 0
  /** Objects that found no row. */
  refused = 0
  readonly #headerAt = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly #headerBytes = new GrowingColumn((n) => new Uint8Array(n), 1024)
  readonly #headers = new BytePile()
  /** Position of the hash in `#hashes`, in hashes, plus 1. */
  readonly #hashAt = new GrowingColumn((n) => new Uint32Array(n), 1024)
  readonly #hashes = new BytePile()
  #hashCount = 0
  /** Number of the last change of each row: all changes are counted. */
  readonly #changed = new GrowingColumn((n) => new Uint32Array(n), 1024)
  #changes = 0
  readonly #missing = new Map<number, readonly ByteRange[]>()
  readonly #recovered = new Map<number, readonly ByteRange[]>()
  readonly #repairs = new Map<number, ObjectRepair>()
  readonly #live = new Map<number, FlowObject>()
  readonly #hash: boolean
  /** Of large objects still arriving: how much of them is hashed. */
  readonly #begunHashes = new Map<number, { readonly hash: RunningHash; upTo: number }>()
  readonly #maxRows: number

  constructor(hash: boolean, maxRows: number) {
    this.#hash = hash
    this.#maxRows = maxRows
  }

  begin(object: FlowObject, header: Uint8Array, start: number, end: number): void {
    const row = object.index
    if (row >= this.#maxRows) {
      this.refused++
      return
    }
    this.#reserve(row + 1)
    if (row >= this.count) this.count = row + 1
    this.channel.values[row] = object.channel
    this.firstTimeUs.values[row] = object.firstTimeUs
    const { carrier } = object
    this.toi.values[row] = objectNumber(carrier) ?? 0
    if (carrier.kind === 'lct') this.codepoint.values[row] = carrier.codepoint
    if (carrier.kind === 'lct' || carrier.kind === 'mmtp') this.instance.values[row] = carrier.instance
    const kept = Math.min(end, start + MAX_HEADER_BYTES)
    this.#headerAt.values[row] = this.#headers.add(header, start, kept)
    this.#headerBytes.values[row] = kept - start
    this.#live.set(row, object)
    this.#copy(row, object)
  }

  #reserve(rows: number): void {
    if (rows <= this.channel.values.length) return
    for (const column of this.#columns()) column.reserve(rows)
  }

  #columns(): GrowingColumn<Float64Array | Uint32Array | Uint16Array | Uint8Array>[] {
    const columns: unknown[] = [
      this.channel,
      this.firstTimeUs,
      this.lastTimeUs,
      this.size,
      this.received,
      this.recovered,
      this.toi,
      this.state,
      this.codepoint,
      this.repeats,
      this.packets,
      this.instance,
      this.name,
      this.contentType,
      this.#headerAt,
      this.#headerBytes,
      this.#hashAt,
      this.#changed,
    ]
    return columns as GrowingColumn<Float64Array | Uint32Array | Uint16Array | Uint8Array>[]
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
      this.#missing.set(row, object.missing().slice(0, MAX_MISSING))
      return
    }
    this.#missing.delete(row)
    if (!this.#hash || object.size === null) return
    const hash = begun?.hash ?? newHash('sha256')
    this.#keepHash(row, hash.update(object.lease(begun?.upTo ?? 0, object.size).bytes).digest())
  }

  #keepHash(row: number, digest: Uint8Array): void {
    this.#hashes.add(digest, 0, HASH_BYTES)
    this.#hashAt.values[row] = ++this.#hashCount
  }

  /**
   * Hashes what has come of the objects still arriving, so that not all of it is left for their ends: segments of all
   * representations end at the same time, and packets of the next ones are coming already.
   */
  hashArrived(): void {
    if (!this.#hash) return
    for (const [row, object] of this.#live) {
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

  /** A row given up was made whole by another way, or readable in part. */
  repaired(row: number, { how, bytes, urls, whole }: RepairFact): void {
    if (row >= this.count) return
    this.#repairs.set(row, { how, bytes, urls })
    this.#changed.values[row] = ++this.#changes
    if (how !== 'http') return
    this.state.values[row] = OBJECT_STATE.complete
    this.#live.delete(row)
    this.#missing.delete(row)
    this.#begunHashes.delete(row)
    if (whole === null) {
      this.received.values[row] = Math.max(this.received.values[row] as number, this.size.values[row] as number)
      return
    }
    this.size.values[row] = whole.length
    this.received.values[row] = whole.length
    if (this.#hash) this.#keepHash(row, hashOf('sha256', whole))
  }

  /** What was done to the object where it lacked bytes. */
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
    this.packets.values[row] = packets
    this.repeats.values[row] = repeats
    this.lastTimeUs.values[row] = timeUs
    this.#changed.values[row] = ++this.#changes
  }

  named(object: FlowObject): void {
    if (object.index < this.count) this.#copy(object.index, object)
  }

  /** Takes over how far the objects still arriving have got. */
  refresh(): void {
    for (const [row, object] of this.#live) {
      if (this.packets.values[row] !== object.packets || this.size.values[row] !== (object.size ?? -1)) {
        this.#copy(row, object)
      } else if (object.name !== null && this.name.values[row] === 0) {
        this.#copy(row, object)
      }
    }
  }

  #copy(row: number, object: FlowObject): void {
    // Made whole by another way: what still comes of it on air changes nothing until it is all there.
    if (object.state !== 'complete' && this.#repairs.get(row)?.how === 'http') return
    this.lastTimeUs.values[row] = Math.max(object.lastTimeUs, this.lastTimeUs.values[row] as number)
    this.size.values[row] = object.size ?? -1
    this.received.values[row] = object.received
    if (object.recovered > 0) this.#copyRecovered(row, object)
    this.packets.values[row] = Math.max(object.packets, this.packets.values[row] as number)
    this.state.values[row] = OBJECT_STATE[object.state]
    this.times.copy(row, object)
    if (object.name !== null) this.name.values[row] = idOf(this.names, object.name, this.name.values[row] as number)
    if (object.contentType !== null) {
      this.contentType.values[row] = idOf(this.types, object.contentType, this.contentType.values[row] as number)
    }
    this.#changed.values[row] = ++this.#changes
  }

  #copyRecovered(row: number, object: FlowObject): void {
    if (this.recovered.values[row] === object.recovered) return
    this.recovered.values[row] = object.recovered
    this.#recovered.set(row, [...object.recoveredRanges])
  }

  /** Ranges that FEC gave back. */
  recoveredOf(row: number): readonly ByteRange[] {
    return this.#recovered.get(row) ?? []
  }

  /** Objects that have begun and not ended. */
  arriving(): Iterable<FlowObject> {
    return this.#live.values()
  }

  nameOf(row: number): string | null {
    const id = this.name.values[row] as number
    return id === 0 ? null : this.names.name(id - 1)
  }

  typeOf(row: number): string | null {
    const id = this.contentType.values[row] as number
    return id === 0 ? null : this.types.name(id - 1)
  }

  stateOf(row: number): ObjectState {
    return STATE_NAMES[this.state.values[row] as number] as ObjectState
  }

  /** Ranges that never came; of an object still arriving, those it lacks now. */
  missingOf(row: number): readonly ByteRange[] {
    return this.#live.get(row)?.missing() ?? this.#missing.get(row) ?? []
  }

  /** Header of its first packet, with the FEC Payload ID. A view. */
  headerOf(row: number): Uint8Array {
    return this.#headers.borrow(this.#headerAt.values[row] as number, this.#headerBytes.values[row] as number)
  }

  /** SHA-256 in hexadecimal, null where the object is not whole or hashes are not kept. */
  sha256Of(row: number): string | null {
    const at = this.#hashAt.values[row] as number
    if (at === 0 || this.state.values[row] !== OBJECT_STATE.complete) return null
    return hexText(this.#hashes.borrow((at - 1) * HASH_BYTES, HASH_BYTES))
  }

  /**
   * Rows that changed since `cursor` (0: all), oldest change first, `limit` at most, packed as `OBJECT_ROW` says.
   * @returns null where nothing changed; else the rows, and the cursor to ask from next
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
    return { rows: this.#pack(rows), cursor: upTo }
  }

  #pack(rows: readonly number[]): Uint8Array {
    const packed = new Uint8Array(rows.length * OBJECT_ROW_BYTES)
    const view = new DataView(packed.buffer)
    let at = 0
    for (const row of rows) {
      view.setUint32(at + OBJECT_ROW.index, row, true)
      view.setUint32(at + OBJECT_ROW.channel, this.channel.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.firstTimeUs, this.firstTimeUs.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.lastTimeUs, this.lastTimeUs.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.size, this.size.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.received, this.received.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.toi, this.toi.values[row] as number, true)
      view.setUint16(at + OBJECT_ROW.state, this.state.values[row] as number, true)
      view.setUint16(at + OBJECT_ROW.codepoint, this.codepoint.values[row] as number, true)
      view.setUint32(at + OBJECT_ROW.repeats, this.repeats.values[row] as number, true)
      view.setFloat64(at + OBJECT_ROW.recovered, this.recovered.values[row] as number, true)
      at += OBJECT_ROW_BYTES
    }
    return packed
  }
}

/** Number of a string plus 1, which is what it was the last time but rarely. */
function idOf(table: NameTable, text: string, before: number): number {
  return before > 0 && table.name(before - 1) === text ? before : table.idOf(text) + 1
}
