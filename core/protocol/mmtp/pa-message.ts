import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'

/** One table of a PA message; `bytes` is the whole table with its header, a view. */
export type PaTable = { readonly tableId: number; readonly version: number; readonly bytes: Uint8Array }

/**
 * Package Access message body (ISO/IEC 23008-1 §10.2.2): a list of tables, then the tables.
 *
 * ```
 * | number_of_tables 8 | table_id 8, table_version 8, table_length 16 (each) | tables |
 * ```
 * A table that is truncated is left out, with those after it.
 * @throws CodecError mmt-pa where the list is truncated
 */
export function parsePaBody(body: Uint8Array, faults = new EntryFaults()): readonly PaTable[] {
  const reader = new ByteReader(body, 0, body.length, 'mmt-pa')
  const listed: { tableId: number; version: number; length: number }[] = []
  for (let left = reader.u8('number_of_tables'); left > 0; left--) {
    listed.push({
      tableId: reader.u8('table_id'),
      version: reader.u8('table_version'),
      length: reader.u16('table_length'),
    })
  }
  const tables: PaTable[] = []
  for (const { tableId, version, length } of listed) {
    if (length > reader.remaining) {
      faults.drop(`table[${tables.length + 1}]`, `it has ${length} bytes, ${reader.remaining} are left in its message`)
      break
    }
    tables.push({ tableId, version, bytes: reader.borrow(length, 'table') })
  }
  return tables
}

/** @throws CodecError out-of-range */
export function serialisePaBody(tables: readonly PaTable[]): Uint8Array {
  const writer = new ByteWriter().u8(tables.length)
  for (const { tableId, version, bytes } of tables) writer.u8(tableId).u8(version).u16(bytes.length)
  for (const { bytes } of tables) writer.bytes(bytes)
  return writer.take()
}
