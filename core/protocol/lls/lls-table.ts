import { gzip } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { gunzipIfGzip, looksGzip, MAX_SIGNALLING_BYTES } from '../gzip.ts'

/** Address of low-level signalling (A/331 §6.1). */
export const LLS_ADDRESS = '224.0.23.60'
/** Port of low-level signalling (A/331 §6.1). */
export const LLS_PORT = 4937

/** LLS_table_id values, A/331:2019 §6.1.1. */
export const LLS_TABLE = {
  slt: 0x01,
  rrt: 0x02,
  systemTime: 0x03,
  aeat: 0x04,
  onscreenMessage: 0x05,
  certificationData: 0x06,
  signedMultiTable: 0xfe,
  userDefined: 0xff,
} as const

const TABLE_NAMES: Readonly<Record<number, string>> = {
  [LLS_TABLE.slt]: 'SLT',
  [LLS_TABLE.rrt]: 'RRT',
  [LLS_TABLE.systemTime]: 'SystemTime',
  [LLS_TABLE.aeat]: 'AEAT',
  [LLS_TABLE.onscreenMessage]: 'OnscreenMessageNotification',
  [LLS_TABLE.certificationData]: 'CertificationData',
  [LLS_TABLE.signedMultiTable]: 'SignedMultiTable',
  [LLS_TABLE.userDefined]: 'UserDefined',
}

/** Name of a table id in the standard; `LLS 0x07` for an unnamed one. */
export function llsTableName(tableId: number): string {
  return TABLE_NAMES[tableId] ?? `LLS 0x${tableId.toString(16).padStart(2, '0')}`
}

/**
 * One LLS table, which is one datagram. A/331 §6.1.
 *
 * ```
 * | LLS_table_id 8 | LLS_group_id 8 | group_count_minus1 8 | LLS_table_version 8 | body |
 * ```
 */
export type LlsTable = {
  readonly tableId: number
  readonly groupId: number
  /** Groups in this PLP: group_count_minus1 + 1. */
  readonly groupCount: number
  /** Modulo 256. GPAC never increments it, so compare the body too. */
  readonly version: number
  /** The unpacked table; a view where it was not compressed. */
  readonly body: Uint8Array
  readonly compressed: boolean
}

/** Table id, group id, group count, version. */
export const LLS_HEADER_BYTES = 4

/** Parses the payload of one LLS datagram. @throws CodecError `lls-truncated` | `gzip-…` */
export function parseLlsTable(bytes: Uint8Array, maxBytes = MAX_SIGNALLING_BYTES): LlsTable {
  if (bytes.length < LLS_HEADER_BYTES) {
    throw new CodecError('lls-truncated', bytes.length, `an LLS table has 4 header bytes, this one ${bytes.length}`)
  }
  const body = bytes.subarray(LLS_HEADER_BYTES)
  return {
    tableId: bytes[0] as number,
    groupId: bytes[1] as number,
    groupCount: (bytes[2] as number) + 1,
    version: bytes[3] as number,
    // On air gzip has a file name field, and table ids do not distinguish gzip from plain bodies: check the first bytes.
    body: gunzipIfGzip(body, maxBytes),
    compressed: looksGzip(body),
  }
}

/** The table as one datagram, gzip-compressed where `compressed` is set. */
export function serialiseLlsTable(table: LlsTable): Uint8Array {
  const body = table.compressed ? gzip(table.body) : table.body
  const bytes = new Uint8Array(LLS_HEADER_BYTES + body.length)
  bytes[0] = table.tableId
  bytes[1] = table.groupId
  bytes[2] = table.groupCount - 1
  bytes[3] = table.version
  bytes.set(body, LLS_HEADER_BYTES)
  return bytes
}
