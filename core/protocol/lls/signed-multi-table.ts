import { ByteReader } from '../../bytes/byte-reader.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { gunzipIfGzip, looksGzip, MAX_SIGNALLING_BYTES } from '../gzip.ts'
import { LLS_TABLE, type LlsTable } from './lls-table.ts'

/** Tables of one SignedMultiTable, and the CMS signature over them. */
export type SignedMultiTable = {
  readonly tables: readonly SignedTable[]
  /** The signed bytes: from LLS_payload_count up to signature_length. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
}

/** A table inside: its header as of a separate table in the wrapper's group, and its body as signed. */
export type SignedTable = Omit<LlsTable, 'body'> & { readonly payload: Uint8Array }

/** The table as if sent separately. @throws CodecError `gzip-…` */
export function unfoldTable(table: SignedTable, maxBytes = MAX_SIGNALLING_BYTES): LlsTable {
  const { payload, ...header } = table
  return { ...header, body: gunzipIfGzip(payload, maxBytes) }
}

/**
 * Splits a SignedMultiTable (A/331:2019 §6.7) into its tables, which stay packed so that a damaged one does not hide the
 * others.
 *
 * ```
 * | payload_count 8 | { id 8, version 8, length 16, payload } ... | signature_length 16 | signature |
 * ```
 * @param table `LlsTable` of id 0xFE
 * @throws CodecError `lls-truncated`
 */
export function parseSignedMultiTable(
  table: Pick<LlsTable, 'groupId' | 'groupCount' | 'body'>,
  faults = new EntryFaults(),
): SignedMultiTable {
  const reader = new ByteReader(table.body, 0, table.body.length, 'lls-truncated')
  const tables: SignedTable[] = []
  const count = reader.u8('LLS_payload_count')
  for (let i = 0; i < count; i++) {
    const tableId = reader.u8('LLS_payload_id')
    const version = reader.u8('LLS_payload_version')
    const payload = reader.borrow(reader.u16('LLS_payload_length'), 'LLS_payload')
    if (tableId === LLS_TABLE.signedMultiTable) {
      faults.drop(`payload[${i + 1}]`, 'a SignedMultiTable inside a SignedMultiTable')
      continue
    }
    tables.push({
      tableId,
      groupId: table.groupId,
      groupCount: table.groupCount,
      version,
      compressed: looksGzip(payload),
      payload,
    })
  }
  const signedBytes = table.body.subarray(0, reader.offset)
  const signature = reader.borrow(reader.u16('signature_length'), 'signature')
  return { tables, signedBytes, signature }
}
