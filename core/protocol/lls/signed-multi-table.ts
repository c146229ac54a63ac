import { ByteReader } from '../../bytes/byte-reader.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { gunzipIfGzip, looksGzip, MAX_SIGNALLING_BYTES } from '../gzip.ts'
import { LLS_TABLE, type LlsTable } from './lls-table.ts'

/** Tables of one SignedMultiTable, and the CMS signature over them. */
export type SignedMultiTable = {
  readonly tables: readonly SignedTable[]
  /** What is signed: from LLS_payload_count up to signature_length. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
}

/** A table inside; `payload` is its body as it was signed. */
export type SignedTable = LlsTable & { readonly payload: Uint8Array }

/**
 * Unwraps a SignedMultiTable (A/331:2019 §6.7) into tables as if each had come alone, in the group of the wrapper.
 *
 * ```
 * | payload_count 8 | { id 8, version 8, length 16, payload } ... | signature_length 16 | signature |
 * ```
 * @param table `LlsTable` of id 0xFE
 * @throws CodecError `lls-truncated` | `lls-nested` | `gzip-…`
 */
export function parseSignedMultiTable(table: LlsTable, maxBytes = MAX_SIGNALLING_BYTES): SignedMultiTable {
  const reader = new ByteReader(table.body, 0, table.body.length, 'lls-truncated')
  const tables: SignedTable[] = []
  let left = maxBytes
  const count = reader.u8('LLS_payload_count')
  for (let i = 0; i < count; i++) {
    const at = reader.offset
    const tableId = reader.u8('LLS_payload_id')
    if (tableId === LLS_TABLE.signedMultiTable) {
      throw new CodecError('lls-nested', at, 'a SignedMultiTable inside a SignedMultiTable')
    }
    const version = reader.u8('LLS_payload_version')
    const payload = reader.borrow(reader.u16('LLS_payload_length'), 'LLS_payload')
    // One limit for all of them: 255 small bombs are a bomb.
    const body = gunzipIfGzip(payload, left)
    left -= body.length
    tables.push({
      tableId,
      groupId: table.groupId,
      groupCount: table.groupCount,
      version,
      body,
      compressed: looksGzip(payload),
      payload,
    })
  }
  const signedBytes = table.body.subarray(0, reader.offset)
  const signature = reader.borrow(reader.u16('signature_length'), 'signature')
  return { tables, signedBytes, signature }
}
