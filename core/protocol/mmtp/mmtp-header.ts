import { CodecError } from '../../bytes/codec-error.ts'

/** Header fields a sender sets (ISO/IEC 23008-1 §9.2); the bit diagram is at `MmtpPacket`. */
export type MmtpHeader = {
  readonly version: 0 | 1
  /** `MMTP_TYPE`. */
  readonly type: number
  readonly packetId: number
  /** NTP short format, 16.16. */
  readonly timestamp: number
  readonly sequence: number
  /** packet_counter; null omits it (C = 0). */
  readonly counter: number | null
  readonly randomAccess: boolean
  /** Version 1 only. */
  readonly flowWord: number
  readonly extension: { readonly type: number; readonly bytes: Uint8Array } | null
  /** source_FEC_payload_ID at the end of the packet (FEC = 1); null: not protected (FEC = 0). */
  readonly fecPayloadId: number | null
}

/** Header of an unprotected flow, as in ATSC 3.0. */
export const MMTP_HEADER_DEFAULTS: MmtpHeader = {
  version: 1,
  type: 0,
  packetId: 0,
  timestamp: 0,
  sequence: 0,
  counter: null,
  randomAccess: false,
  flowWord: 0xa400,
  extension: null,
  fecPayloadId: null,
}

/** A whole MMTP packet. @throws CodecError mmtp-field where a value does not fit its field */
export function serialiseMmtpPacket(header: MmtpHeader, payload: Uint8Array): Uint8Array {
  const { version, extension, counter, fecPayloadId } = header
  const limits: readonly (readonly [string, number, number])[] = [
    ['type', header.type, version === 0 ? 0x3f : 0x0f],
    ['packet_id', header.packetId, 0xffff],
    ['flow label word', header.flowWord, 0xffff],
    ['extension type', extension?.type ?? 0, 0xffff],
    ['extension length', extension?.bytes.length ?? 0, 0xffff],
  ]
  for (const [field, value, most] of limits) {
    if (!Number.isInteger(value) || value < 0 || value > most)
      throw new CodecError('mmtp-field', 0, `${field} ${value} is not in 0..${most}`)
  }
  const length =
    12 +
    (counter === null ? 0 : 4) +
    (version === 1 ? 2 : 0) +
    (extension === null ? 0 : 4 + extension.bytes.length) +
    payload.length +
    (fecPayloadId === null ? 0 : 4)
  const packet = new Uint8Array(length)
  const view = new DataView(packet.buffer)
  const counted = counter === null ? 0 : 0x20
  const fec = fecPayloadId === null ? 0 : 0x08
  const extended = extension === null ? 0 : version === 0 ? 2 : 4
  const access = header.randomAccess ? (version === 0 ? 1 : 2) : 0
  packet[0] = (version << 6) | counted | fec | extended | access
  packet[1] = header.type
  view.setUint16(2, header.packetId)
  view.setUint32(4, header.timestamp)
  view.setUint32(8, header.sequence)
  let at = 12
  if (counter !== null) {
    view.setUint32(at, counter)
    at += 4
  }
  if (version === 1) {
    view.setUint16(at, header.flowWord)
    at += 2
  }
  if (extension !== null) {
    view.setUint16(at, extension.type)
    view.setUint16(at + 2, extension.bytes.length)
    packet.set(extension.bytes, at + 4)
    at += 4 + extension.bytes.length
  }
  packet.set(payload, at)
  if (fecPayloadId !== null) view.setUint32(length - 4, fecPayloadId)
  return packet
}
