import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'

/** table_id of the MPI table: subsets 0 to 14, and the complete table. */
export const MPI_TABLE = { firstSubset: 0x01, complete: 0x10 } as const

/** One piece of presentation information: an MPD, a composition (CI), HTML, or private content. */
export type PiContent = {
  /** Media type as sent. */
  readonly type: string
  readonly name: string
  readonly descriptors: Uint8Array
  /** A view. */
  readonly content: Uint8Array
}

/**
 * MPI table (ISO/IEC 23008-1 §10.3.8): how the package is presented.
 *
 * ```
 * | table_id 8 | version 8 | length 16 | reserved 4, PI_mode 2, reserved 2 | MPIT_descriptors_length 16 | descriptors |
 * | PI_content_count 8 | contents: type_length 8, type, name_length 8, name, descriptors_length 16, descriptors,
 *   content_length 16, content |
 * ```
 * The layout is that of two open MMT implementations. They differ in the width of a content's descriptors length, 16 or 8 bits:
 * 16 is used where the contents then fill the table, 8 where only that does. Not seen on air so far.
 */
export type MpiTable = {
  readonly tableId: number
  readonly version: number
  /** 0 in order of the subsets, 1 in any order, 2 each for itself. */
  readonly mode: number
  readonly descriptors: Uint8Array
  /** PI_content_count field of the table. */
  readonly contentCount: number
  readonly contents: readonly PiContent[]
  /** Lengths of the contents' descriptors are 8 bits wide. */
  readonly narrow: boolean
  /** The bytes after the last readable content. */
  readonly rest: Uint8Array
}

/** Body of an MPI message (§10.2.3): a table, followed by an MP table where `associated_MP_table_flag` is set. */
export type MpiBody = {
  /** The MPI table as bytes, a view. */
  readonly table: Uint8Array
  /** The associated MP table; null where there is none. */
  readonly mpTable: Uint8Array | null
}

/** @throws CodecError mmt-mpi */
export function parseMpiBody(body: Uint8Array): MpiBody {
  const reader = new ByteReader(body, 0, body.length, 'mmt-mpi')
  const associated = (reader.u8('associated_MP_table_flag') & 0x80) !== 0
  const start = reader.offset
  reader.skip(2, 'table_id, version')
  const length = reader.u16('length')
  const end = Math.min(body.length, reader.offset + length)
  return { table: body.subarray(start, end), mpTable: associated && end < body.length ? body.subarray(end) : null }
}

/** The inverse of the parser. */
export function serialiseMpiBody({ table, mpTable }: MpiBody): Uint8Array {
  const writer = new ByteWriter(table.length + 1).u8(mpTable === null ? 0x7f : 0xff).bytes(table)
  return (mpTable === null ? writer : writer.bytes(mpTable)).take()
}

/** @throws CodecError mmt-mpi where truncated before its contents */
export function parseMpiTable(bytes: Uint8Array, faults = new EntryFaults()): MpiTable {
  const head = new ByteReader(bytes, 0, bytes.length, 'mmt-mpi')
  const tableId = head.u8('table_id')
  const version = head.u8('version')
  const length = head.u16('length')
  const end = Math.min(bytes.length, head.offset + length)
  const reader = new ByteReader(bytes, head.offset, end, 'mmt-mpi')
  const mode = (reader.u8('PI_mode') >> 2) & 3
  const descriptors = reader.borrow(reader.u16('MPIT_descriptors_length'), 'MPIT_descriptors')
  const contentCount = reader.u8('PI_content_count')
  const at = reader.offset
  const usual = readContents(bytes, at, end, contentCount, false)
  const other = isWhole(usual, contentCount) ? usual : readContents(bytes, at, end, contentCount, true)
  const narrow = other !== usual && isWhole(other, contentCount)
  const read = (narrow ? other : usual).contents.length
  if (read < contentCount) faults.drop(`content[${read + 1}]`, `only ${read} of ${contentCount} contents fit the table`)
  return { tableId, version, mode, descriptors, contentCount, narrow, ...(narrow ? other : usual) }
}

/** @throws CodecError out-of-range */
export function serialiseMpiTable(table: MpiTable): Uint8Array {
  const { descriptors, contentCount, contents, narrow, rest } = table
  const body = new ByteWriter()
    .u8(0xf3 | (table.mode << 2))
    .u16(descriptors.length)
    .bytes(descriptors)
    .u8(contentCount)
  for (const each of contents) {
    for (const text of [each.type, each.name]) {
      const bytes = new TextEncoder().encode(text)
      body.u8(bytes.length).bytes(bytes)
    }
    if (narrow) body.u8(each.descriptors.length)
    else body.u16(each.descriptors.length)
    body.bytes(each.descriptors).u16(each.content.length).bytes(each.content)
  }
  const bytes = body.bytes(rest).take()
  return new ByteWriter(bytes.length + 4).u8(table.tableId).u8(table.version).u16(bytes.length).bytes(bytes).take()
}

type Contents = Pick<MpiTable, 'contents' | 'rest'>

function isWhole({ contents, rest }: Contents, count: number): boolean {
  return contents.length === count && rest.length === 0
}

function readContents(bytes: Uint8Array, from: number, end: number, count: number, narrow: boolean): Contents {
  const reader = new ByteReader(bytes, from, end, 'mmt-mpi')
  const contents: PiContent[] = []
  let read = from
  try {
    while (contents.length < count) {
      const type = utf8(reader.borrow(reader.u8('PI_content_type_length'), 'PI_content_type'))
      const name = utf8(reader.borrow(reader.u8('PI_content_name_length'), 'PI_content_name'))
      const described = narrow
        ? reader.u8('PI_content_descriptors_length')
        : reader.u16('PI_content_descriptors_length')
      const descriptors = reader.borrow(described, 'PI_content_descriptors')
      contents.push({ type, name, descriptors, content: reader.borrow(reader.u16('PI_content_length'), 'PI_content') })
      read = reader.offset
    }
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
  }
  return { contents, rest: bytes.subarray(read, end) }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
