import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { hasWideLength, MESSAGE_ID, messageName } from './message-id.ts'

/**
 * An MMT signalling message: its header and body. Off air an HRBM message of 14 bytes claims 0x86A0: a length beyond the
 * message is reduced to its end, and reported in `claimed`.
 *
 * ```
 * | message_id 16 | version 8 | length 16, or 32 for PA, MPI and mmt_atsc3_message | body |
 * ```
 */
export type MmtMessage = {
  readonly id: number
  readonly name: string
  readonly version: number
  /** Length field of the message. */
  readonly claimed: number
  /** A view, never longer than the message. */
  readonly body: Uint8Array
}

/** ADC, LS, LR, and the signed message of A/331:2019. */
const EITHER_WIDTH: ReadonlySet<number> = new Set([0x0209, 0x020b, 0x020c, MESSAGE_ID.signedAtsc3])

/** @throws CodecError mmtp-message */
export function parseMmtMessage(bytes: Uint8Array): MmtMessage {
  const reader = new ByteReader(bytes, 0, bytes.length, 'mmtp-message')
  const id = reader.u16('message_id')
  const version = reader.u8('version')
  // Open implementations use either width for these: the one that fits is right.
  const wide = hasWideLength(id) || (EITHER_WIDTH.has(id) && reader.remaining >= 4 && wideFits(bytes, reader.offset))
  const claimed = wide ? reader.u32('length') : reader.u16('length')
  const body = reader.borrow(Math.min(claimed, reader.remaining), 'body')
  return { id, name: messageName(id), version, claimed, body }
}

/** @throws CodecError out-of-range where the body is too long for its length field */
export function serialiseMmtMessage(id: number, version: number, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(body.length + 8).u16(id).u8(version)
  if (hasWideLength(id)) writer.u32(body.length)
  else writer.u16(body.length)
  return writer.bytes(body).take()
}

function wideFits(bytes: Uint8Array, at: number): boolean {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at) === bytes.length - at - 4
}
