import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'

/** One table of a PA message; `bytes` is the whole table with its header, a view. */
export type PaTable = { readonly tableId: number; readonly version: number; readonly bytes: Uint8Array }

/**
 * Package Access message body (ISO/IEC 23008-1 §10.2.2): a list of tables, then the tables.
 *
 * ```
 * | number_of_tables 8 | table_id 8, table_version 8, table_length 16 (each) | tables |
 * ```
 * @throws CodecError mmt-pa where the list or a table is truncated
 */
export function parsePaBody(body: Uint8Array): readonly PaTable[] {
  const reader = new ByteReader(body, 0, body.length, 'mmt-pa')
  const listed: { tableId: number; version: number; length: number }[] = []
  for (let left = reader.u8('number_of_tables'); left > 0; left--) {
    listed.push({
      tableId: reader.u8('table_id'),
      version: reader.u8('table_version'),
      length: reader.u16('table_length'),
    })
  }
  return listed.map(({ tableId, version, length }) => ({ tableId, version, bytes: reader.borrow(length, 'table') }))
}

/** @throws CodecError out-of-range */
export function serialisePaBody(tables: readonly PaTable[]): Uint8Array {
  const writer = new ByteWriter().u8(tables.length)
  for (const { tableId, version, bytes } of tables) writer.u8(tableId).u8(version).u16(bytes.length)
  for (const { bytes } of tables) writer.bytes(bytes)
  return writer.take()
}
