import { gzip } from '#platform'
import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { asServiceId, type ServiceId } from '../../contract/ids.ts'
import { gunzipLimited, looksGzip } from '../gzip.ts'

/** Content of an mmt_atsc3_message, by atsc3_message_content_type (A/331 §7.2.3.1); names as in the list of fragments. */
const CONTENT_NAMES: Readonly<Record<number, string>> = {
  1: 'USBD',
  2: 'MPD',
  3: 'HELD',
  4: 'AEI',
  5: 'VSPD',
  6: 'STAGGER',
  7: 'INBAND-EVENT',
  8: 'CAPTIONS',
  9: 'ASPD',
  10: 'DWD',
  11: 'RSAT',
  12: 'SECURITY',
}
const GZIP = 2
const PLAIN = 1

/**
 * mmt_atsc3_message (message_id 0x8100), the ATSC tables of an MMT service.
 *
 * ```
 * | service_id 16 | content_type 16 | content_version 8 | content_compression 8 | URI_length 8 | URI | content_length 32 | content |
 * ```
 */
export type Atsc3Message = {
  readonly serviceId: ServiceId
  readonly contentType: number
  /** `USBD`, `MPD`, …; `MA3-n` for types without a name in A/331. */
  readonly contentName: string
  readonly contentVersion: number
  /** 1 none, 2 gzip, 3 template. */
  readonly compression: number
  readonly uri: string
  /** Unpacked where it was gzip-compressed. */
  readonly content: Uint8Array
}

/** Name of a content type. */
function atsc3ContentName(contentType: number): string {
  return CONTENT_NAMES[contentType] ?? `MA3-${contentType}`
}

/**
 * Reads the body of an mmt_atsc3_message. A content_length beyond the body is reduced to its end.
 * @throws CodecError mmt-ma3, gzip-…
 */
export function parseAtsc3Body(body: Uint8Array, maxBytes: number): Atsc3Message {
  const reader = new ByteReader(body, 0, body.length, 'mmt-ma3')
  const serviceId = asServiceId(reader.u16('service_id'))
  const contentType = reader.u16('atsc3_message_content_type')
  const contentVersion = reader.u8('atsc3_message_content_version')
  const compression = reader.u8('atsc3_message_content_compression')
  const uri = new TextDecoder().decode(reader.borrow(reader.u8('URI_length'), 'URI'))
  const length = reader.u32('atsc3_message_content_length')
  const carried = reader.borrow(Math.min(length, reader.remaining), 'content')
  // As with LLS, the first two bytes decide: the compression field is a hint.
  const content = looksGzip(carried) ? gunzipLimited(carried, maxBytes) : carried
  const contentName = atsc3ContentName(contentType)
  return { serviceId, contentType, contentName, contentVersion, compression, uri, content }
}

/** Packs the content where `compression` is 2. @throws CodecError out-of-range */
export function serialiseAtsc3Body(message: Omit<Atsc3Message, 'contentName'>): Uint8Array {
  const packed = message.compression === GZIP ? gzip(message.content) : message.content
  const uri = new TextEncoder().encode(message.uri)
  return new ByteWriter(packed.length + uri.length + 16)
    .u16(message.serviceId)
    .u16(message.contentType)
    .u8(message.contentVersion)
    .u8(message.compression === GZIP ? GZIP : PLAIN)
    .u8(uri.length)
    .bytes(uri)
    .u32(packed.length)
    .bytes(packed)
    .take()
}
