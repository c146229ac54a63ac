import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { u16At, u32At } from '../../bytes/ints.ts'
import { type Atsc3Message, parseAtsc3Body } from './atsc3-message.ts'
import { parseMmtMessage } from './message.ts'
import { MESSAGE_ID } from './message-id.ts'

/**
 * signed_mmt_atsc3_message (message_id 0x8101, A/331 since 2019): a whole mmt_atsc3_message, the length of its signature, and
 * the signature. The order follows the claims of US 11172268, which leave the width of the length open, and no available
 * capture has one: 32 bits, 16 bits or none is used, whichever fits. Fields without a message header are read too.
 */
export type SignedAtsc3Message = {
  readonly message: Atsc3Message
  /** CMS SignedData; empty where there is none. A view. */
  readonly signature: Uint8Array
  /** Candidates for the signed bytes: the message with its header, and its content alone. */
  readonly signed: readonly Uint8Array[]
}

/** Bytes of an mmt_atsc3_message before URI_length. */
const FIXED_BYTES = 6

/** @throws CodecError mmt-ma3, mmtp-message, gzip-… */
export function parseSignedAtsc3(body: Uint8Array, maxBytes: number): SignedAtsc3Message {
  const nested = body.length >= 2 && u16At(body, 0) === MESSAGE_ID.atsc3
  const inner = nested ? parseMmtMessage(body).body : body
  const message = parseAtsc3Body(inner, maxBytes)
  const reader = new ByteReader(inner, 0, inner.length, 'mmt-ma3')
  reader.skip(FIXED_BYTES, 'message')
  reader.skip(reader.u8('URI_length'), 'URI')
  const carried = reader.u32('atsc3_message_content_length')
  const content = reader.borrow(Math.min(carried, reader.remaining), 'content')
  const before = nested ? inner.byteOffset - body.byteOffset : 0
  const end = before + (nested ? inner.length : reader.offset)
  return { message, signature: signatureAt(body, end), signed: [body.subarray(0, end), content, message.content] }
}

/** @param message an mmt_atsc3_message with its header */
export function serialiseSignedAtsc3(message: Uint8Array, signature: Uint8Array): Uint8Array {
  return new ByteWriter(message.length + signature.length + 4)
    .bytes(message)
    .u32(signature.length)
    .bytes(signature)
    .take()
}

function signatureAt(body: Uint8Array, at: number): Uint8Array {
  const left = body.length - at
  if (left >= 4 && u32At(body, at) === left - 4) return body.subarray(at + 4)
  if (left >= 2 && u16At(body, at) === left - 2) return body.subarray(at + 2)
  return body.subarray(at)
}
