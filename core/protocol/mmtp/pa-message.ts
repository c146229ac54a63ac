import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'

/** One table of a PA message; `bytes` is the whole table with its header, a view. */
export type PaTable = { readonly tableId: number; readonly version: number; readonly bytes: Uint8Array }

/** Header of a table, and the most that a list can have. */
const HEADER_BYTES = 4
const MAX_TABLES = 255

/**
 * Package Access message body (ISO/IEC 23008-1 §10.2.2): a list of tables, then the tables.
 *
 * ```
 * | number_of_tables 8 | table_id 8, table_version 8, table_length 16 (each) | tables |
 * ```
 * A table that is truncated is left out, with those after it. Where the list is empty, tables follow up to the end of the message, each
 * with its own header (table_id 8, version 8, length 16), as some senders write them.
 * @throws CodecError mmt-pa where the list is truncated
 */
export function parsePaBody(body: Uint8Array, faults = new EntryFaults()): readonly PaTable[] {
  const reader = new ByteReader(body, 0, body.length, 'mmt-pa')
  const listed: { tableId: number; version: number; length: number }[] = []
  const number = reader.u8('number_of_tables')
  if (number === 0) return unlisted(reader, faults)
  for (let left = number; left > 0; left--) {
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

/** Tables without a list, up to the end of the message or zeros. */
function unlisted(reader: ByteReader, faults: EntryFaults): readonly PaTable[] {
  const rest = reader.borrow(reader.remaining, 'tables')
  const tables: PaTable[] = []
  for (let at = 0; at < rest.length; ) {
    const [tableId = 0, version = 0, high = 0, low = 0] = rest.subarray(at, at + HEADER_BYTES)
    const end = at + HEADER_BYTES + high * 256 + low
    if (end > rest.length || tables.length === MAX_TABLES) {
      if (!rest.subarray(at).every((byte) => byte === 0)) {
        const reason =
          end > rest.length ? `it has ${end - at} bytes, ${rest.length - at} are left` : 'it is one too many'
        faults.drop(`table[${tables.length + 1}]`, `${reason} in a message that lists none`)
      }
      break
    }
    if (end === at + HEADER_BYTES && rest.subarray(at).every((byte) => byte === 0)) break
    tables.push({ tableId, version, bytes: rest.subarray(at, end) })
    at = end
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
