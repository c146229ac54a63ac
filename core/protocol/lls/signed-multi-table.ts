import { ByteReader } from '../../bytes/byte-reader.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { joinBytes } from '../../bytes/join-bytes.ts'
import { gunzipIfGzip, looksGzip, MAX_SIGNALLING_BYTES } from '../gzip.ts'
import { LLS_TABLE, type LlsTable, serialiseLlsTable } from './lls-table.ts'

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

/**
 * A SignedMultiTable (A/331:2019 §6.7) as one datagram.
 * @param wrapper its group and version; the tables are of the same group
 * @param sign makes the CMS signature over the signed bytes
 * @throws RangeError where a table or the signature is longer than 65 535 bytes
 */
export function serialiseSignedMultiTable(
  wrapper: Pick<LlsTable, 'groupId' | 'groupCount' | 'version'>,
  tables: readonly Pick<SignedTable, 'tableId' | 'version' | 'payload'>[],
  sign: (signedBytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const signed = joinBytes([
    Uint8Array.of(tables.length),
    ...tables.flatMap(({ tableId, version, payload }) => [
      Uint8Array.of(tableId, version),
      length16(payload, 'table'),
      payload,
    ]),
  ])
  const signature = sign(signed)
  const body = joinBytes([signed, length16(signature, 'signature'), signature])
  return serialiseLlsTable({ ...wrapper, tableId: LLS_TABLE.signedMultiTable, body, compressed: false })
}

function length16({ length }: Uint8Array, what: string): Uint8Array {
  if (length > 0xffff) throw new RangeError(`a ${what} of ${length} bytes does not fit into a SignedMultiTable`)
  return Uint8Array.of(length >> 8, length & 0xff)
}
