import { bytesToHex } from '../../bytes/hex.ts'
import { defined } from '../../contract/defined.ts'
import type { JsonObject, JsonValue } from '../../contract/report.ts'
import { looksLikeXml } from '../../xml/xml-parser.ts'
import { ntpToUnixUs, utcText } from '../ntp.ts'
import { type MmtMessage, parseMmtMessage } from './message.ts'
import { readMessageFields } from './message-fields.ts'
import { isMessageName, MESSAGE_ID } from './message-id.ts'
import type { MmtDescriptor } from './mmt-descriptor.ts'
import type { MmtLocation } from './mmt-location.ts'
import { identifierText, type MpAsset, type MpTable, parseMpTable, printable } from './mp-table.ts'
import { type MpiTable, parseMpiTable } from './mpi-table.ts'
import { parsePaBody } from './pa-message.ts'

/** Most bytes shown of an undecoded field. */
const MAX_SHOWN = 1024

/**
 * The decoded values of an MMT signalling message.
 * @param type name of the message
 * @param bytes an MP table for `MPT`, an MPI table for `MPI`, else the whole message
 * @returns null for a type that is not an MMT message
 * @throws CodecError mmtp-…, mmt-…
 */
export function mmtMessageValues(type: string, bytes: Uint8Array): JsonObject | null {
  if (type === 'MPT') return mpTableValues(parseMpTable(bytes))
  if (type === 'MPI') return mpiTableValues(parseMpiTable(bytes))
  if (!isMessageName(type)) return null
  const message = parseMmtMessage(bytes)
  if (message.id !== MESSAGE_ID.pa) return messageValues(message)
  const tables = parsePaBody(message.body)
  return {
    version: message.version,
    tables: tables.map(({ tableId, version, bytes: table }) => ({ table_id: tableId, version, length: table.length })),
  }
}

/** An MP table as values for display, in wire order, with the standard's names. */
export function mpTableValues(table: MpTable): JsonObject {
  return {
    table_id: table.tableId,
    version: table.version,
    MP_table_mode: table.mode,
    number_of_assets: table.assetCount,
    ...defined({ MMT_package_id: table.packageId === null ? undefined : printable(table.packageId) }),
    ...(table.descriptors.length === 0 ? {} : { MP_table_descriptors: shown(table.descriptors) }),
    assets: table.assets.map(assetValues),
    ...(table.rest.length === 0 ? {} : { not_understood: shown(table.rest) }),
  }
}

/** An MPI table as values. XML contents are separate fragments, so only their size is given here. */
function mpiTableValues(table: MpiTable): JsonObject {
  return {
    table_id: table.tableId,
    version: table.version,
    PI_mode: table.mode,
    PI_content_count: table.contentCount,
    ...(table.descriptors.length === 0 ? {} : { MPIT_descriptors: shown(table.descriptors) }),
    contents: table.contents.map(({ type, name, descriptors, content }) => ({
      PI_content_type: type,
      PI_content_name: name,
      ...(descriptors.length === 0 ? {} : { PI_content_descriptors: shown(descriptors) }),
      PI_content_length: content.length,
      ...(looksLikeXml(content) ? {} : { PI_content: shown(content) }),
    })),
    ...(table.rest.length === 0 ? {} : { not_understood: shown(table.rest) }),
  }
}

/** Any other message: its header, its known fields, and its bytes. */
export function messageValues(message: MmtMessage): JsonObject {
  const { id, name, version, claimed, body } = message
  return {
    message_id: `0x${id.toString(16).padStart(4, '0')}`,
    name,
    version,
    length: claimed,
    ...(claimed === body.length ? {} : { length_there: body.length }),
    ...readMessageFields(id, body),
    ...splice(id, body),
    body: shown(body),
  }
}

function assetValues(asset: MpAsset): JsonObject {
  const { identifier, clock } = asset
  return {
    ...(identifier.kind === 'asset-id'
      ? { asset_id_scheme: identifier.scheme, asset_id: identifierText(identifier) }
      : identifier.kind === 'urls'
        ? { asset_urls: identifier.urls.slice(0, 64) }
        : { identifier_type: identifier.type, identifier: shown(identifier.bytes) }),
    asset_type: asset.type,
    default_asset: asset.isDefault,
    ...(clock === null
      ? {}
      : {
          asset_clock_relation_id: clock.relationId,
          ...defined({ asset_timescale: clock.timescale ?? undefined }),
        }),
    locations: asset.locations.map(locationValues),
    descriptors: asset.descriptors.map(descriptorValues),
    ...(asset.unreadDescriptors.length === 0 ? {} : { not_understood: shown(asset.unreadDescriptors) }),
  }
}

function locationValues(location: MmtLocation): JsonObject {
  return { ...location }
}

function descriptorValues(descriptor: MmtDescriptor): JsonObject {
  if (descriptor.kind === 'other')
    return {
      tag: descriptor.tag,
      ...defined({ name: descriptor.name ?? undefined }),
      bytes: shown(descriptor.bytes),
    }
  return {
    tag: descriptor.tag,
    name: 'MPU_timestamp_descriptor',
    timestamps: descriptor.timestamps.slice(0, 256).map(({ mpuSequence, seconds, fraction }) => ({
      MPU_sequence_number: mpuSequence,
      MPU_presentation_time: utcText(ntpToUnixUs(seconds, fraction)),
    })),
  }
}

/** The splice_info_section inside an SCTE 35 message: it begins with table_id 0xFC and has a length field. */
function splice(id: number, body: Uint8Array): JsonObject {
  if (id !== MESSAGE_ID.scte35) return {}
  for (let at = 0; at + 3 <= body.length; at++) {
    if (body[at] !== 0xfc) continue
    const length = (((body[at + 1] as number) & 0x0f) << 8) | (body[at + 2] as number)
    if (at + 3 + length <= body.length && length >= 11)
      return { splice_info_section: bytesToHex(body.subarray(at, at + 3 + length).subarray(0, MAX_SHOWN)) }
  }
  return {}
}

function shown(bytes: Uint8Array): JsonValue {
  return bytes.length <= MAX_SHOWN
    ? bytesToHex(bytes)
    : `${bytesToHex(bytes.subarray(0, MAX_SHOWN))}… (${bytes.length} bytes)`
}
