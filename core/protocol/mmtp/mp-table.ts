import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { bytesToHex } from '../../bytes/hex.ts'
import { type MmtDescriptor, parseMmtDescriptors, serialiseMmtDescriptors } from './mmt-descriptor.ts'
import { type MmtLocation, readMmtLocation, writeMmtLocation } from './mmt-location.ts'

/** table_id of the MP table: subsets 0 to 14, and the complete table. */
export const MP_TABLE = { firstSubset: 0x11, complete: 0x20 } as const

/** An asset's identifier (ISO/IEC 23008-1 §10.6.3); `other` for identifier types without a known form. */
export type MmtIdentifier =
  | { readonly kind: 'asset-id'; readonly scheme: number; readonly id: Uint8Array }
  | { readonly kind: 'urls'; readonly urls: readonly string[] }
  | { readonly kind: 'other'; readonly type: number; readonly bytes: Uint8Array }

/** One asset of the package and its locations. */
export type MpAsset = {
  readonly identifier: MmtIdentifier
  /** Four-character code of the sample entry: `hev1`, `mp4a`. */
  readonly type: string
  readonly isDefault: boolean
  /** Clock of its times; null: that of the package. A null `timescale` means 90 000. */
  readonly clock: { readonly relationId: number; readonly timescale: number | null } | null
  readonly locations: readonly MmtLocation[]
  readonly descriptors: readonly MmtDescriptor[]
  /** The unreadable rest of the descriptors. */
  readonly unreadDescriptors: Uint8Array
}

/**
 * MP table (ISO/IEC 23008-1 §10.3.9): the assets of an MMT package. A subset table has some of them; only the complete table
 * and subset 0 name the package.
 *
 * ```
 * | table_id 8 | version 8 | length 16 | reserved 6, MP_table_mode 2 |
 * subset 0 and complete: | MMT_package_id_length 8 | id | descriptors_length 16 | descriptors |
 * | number_of_assets 8 | assets: Identifier_mapping | asset_type 32 | reserved 6, default 1, clock_relation 1 | clock fields |
 *   | location_count 8 | locations | asset_descriptors_length 16 | descriptors |
 * ```
 */
export type MpTable = {
  readonly tableId: number
  readonly version: number
  readonly mode: number
  /** Null in subset tables after the first. */
  readonly packageId: Uint8Array | null
  readonly descriptors: Uint8Array
  /** number_of_assets field of the table. */
  readonly assetCount: number
  readonly assets: readonly MpAsset[]
  /** The bytes from the first unreadable asset on, else empty. */
  readonly rest: Uint8Array
}

/**
 * Reads what it can: an asset has no length, so the first unreadable one takes those after it along.
 * @throws CodecError mmt-mpt (truncated before its assets)
 */
export function parseMpTable(bytes: Uint8Array, faults = new EntryFaults()): MpTable {
  const head = new ByteReader(bytes, 0, bytes.length, 'mmt-mpt')
  const tableId = head.u8('table_id')
  const version = head.u8('version')
  const length = head.u16('length')
  // Limited like every length: some senders include the header in it.
  const end = Math.min(bytes.length, head.offset + length)
  const reader = new ByteReader(bytes, head.offset, end, 'mmt-mpt')
  const mode = reader.u8('MP_table_mode') & 3
  const named = tableId === MP_TABLE.complete || tableId === MP_TABLE.firstSubset
  const packageId = named ? reader.borrow(reader.u8('MMT_package_id_length'), 'MMT_package_id') : null
  const descriptors = named
    ? reader.borrow(reader.u16('MP_table_descriptors_length'), 'MP_table_descriptors')
    : new Uint8Array(0)
  const assetCount = reader.u8('number_of_assets')
  const assets: MpAsset[] = []
  let rest = bytes.subarray(end, end)
  for (let asset = 0; asset < assetCount; asset++) {
    const start = reader.offset
    try {
      assets.push(readAsset(reader))
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      rest = bytes.subarray(start, end)
      const after = assetCount - asset - 1
      faults.drop(`asset[${asset + 1}]`, `${thrown.message}${after === 0 ? '' : `; ${after} after it are lost too`}`)
      break
    }
  }
  return { tableId, version, mode, packageId, descriptors, assetCount, assets, rest }
}

/** @throws CodecError out-of-range, mmt-location */
export function serialiseMpTable(table: MpTable): Uint8Array {
  const body = new ByteWriter().u8(0xfc | table.mode)
  if (table.tableId === MP_TABLE.complete || table.tableId === MP_TABLE.firstSubset) {
    const id = table.packageId ?? new Uint8Array(0)
    body.u8(id.length).bytes(id).u16(table.descriptors.length).bytes(table.descriptors)
  }
  body.u8(table.assetCount)
  for (const asset of table.assets) writeAsset(body, asset)
  body.bytes(table.rest)
  const bytes = body.take()
  return new ByteWriter(bytes.length + 4).u8(table.tableId).u8(table.version).u16(bytes.length).bytes(bytes).take()
}

function readAsset(reader: ByteReader): MpAsset {
  const identifier = readIdentifier(reader)
  const type = reader.latin1(4, 'asset_type')
  const flags = reader.u8('clock_relation_flag')
  let clock: MpAsset['clock'] = null
  if ((flags & 1) !== 0) {
    const relationId = reader.u8('asset_clock_relation_id')
    const scaled = (reader.u8('asset_timescale_flag') & 1) !== 0
    clock = { relationId, timescale: scaled ? reader.u32('asset_timescale') : null }
  }
  const count = reader.u8('location_count')
  const locations: MmtLocation[] = []
  for (let location = 0; location < count; location++) locations.push(readMmtLocation(reader))
  const described = reader.borrow(reader.u16('asset_descriptors_length'), 'asset_descriptors')
  const { descriptors, rest } = parseMmtDescriptors(described)
  return { identifier, type, isDefault: (flags & 2) !== 0, clock, locations, descriptors, unreadDescriptors: rest }
}

function writeAsset(writer: ByteWriter, asset: MpAsset): void {
  writeIdentifier(writer, asset.identifier)
  writer.latin1(asset.type).u8(0xfc | (asset.isDefault ? 2 : 0) | (asset.clock === null ? 0 : 1))
  if (asset.clock !== null) {
    const { relationId, timescale } = asset.clock
    writer.u8(relationId).u8(timescale === null ? 0xfe : 0xff)
    if (timescale !== null) writer.u32(timescale)
  }
  writer.u8(asset.locations.length)
  for (const location of asset.locations) writeMmtLocation(writer, location)
  const descriptors = serialiseMmtDescriptors(asset.descriptors)
  writer
    .u16(descriptors.length + asset.unreadDescriptors.length)
    .bytes(descriptors)
    .bytes(asset.unreadDescriptors)
}

function readIdentifier(reader: ByteReader): MmtIdentifier {
  const type = reader.u8('identifier_type')
  if (type === 0) {
    const scheme = reader.u32('asset_id_scheme')
    return { kind: 'asset-id', scheme, id: reader.borrow(reader.u32('asset_id_length'), 'asset_id') }
  }
  if (type === 1) {
    const urls: string[] = []
    for (let left = reader.u16('URL_count'); left > 0; left--)
      urls.push(new TextDecoder().decode(reader.borrow(reader.u16('URL_length'), 'URL')))
    return { kind: 'urls', urls }
  }
  return { kind: 'other', type, bytes: reader.borrow(reader.u16('private_length'), 'private') }
}

function writeIdentifier(writer: ByteWriter, identifier: MmtIdentifier): void {
  if (identifier.kind === 'asset-id') {
    writer.u8(0).u32(identifier.scheme).u32(identifier.id.length).bytes(identifier.id)
  } else if (identifier.kind === 'urls') {
    writer.u8(1).u16(identifier.urls.length)
    for (const url of identifier.urls) {
      const bytes = new TextEncoder().encode(url)
      writer.u16(bytes.length).bytes(bytes)
    }
  } else writer.u8(identifier.type).u16(identifier.bytes.length).bytes(identifier.bytes)
}

/** asset_id_scheme of a UUID; 1 is a URI. */
const UUID = 0

/** An identifier for display: text where it is printable ASCII, else hex; a UUID always in hex. */
export function identifierText(identifier: MmtIdentifier): string {
  if (identifier.kind === 'urls') return identifier.urls.join(' ')
  if (identifier.kind === 'asset-id' && identifier.scheme === UUID && identifier.id.length === 16)
    return bytesToHex(identifier.id)
  return printable(identifier.kind === 'asset-id' ? identifier.id : identifier.bytes)
}

/** Bytes as text where they are printable ASCII (apart from zeros at the end), else as hex. */
export function printable(bytes: Uint8Array): string {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  const text = bytes.subarray(0, end)
  if (end > 0 && text.every((byte) => byte >= 0x20 && byte < 0x7f))
    return String.fromCharCode(...text.subarray(0, 4096))
  return bytesToHex(bytes.subarray(0, 4096))
}
