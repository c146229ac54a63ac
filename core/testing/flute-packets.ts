import { asToi, asTsi } from '../contract/ids.ts'
import type { LctExtension } from '../protocol/lct/extensions.ts'
import { lctHeaderBytes, serialiseLctHeader } from '../protocol/lct/header.ts'
import type { Datagram } from './datagrams.ts'

/** Fields of one FLUTE packet. */
export type FlutePacket = {
  readonly toi: number
  /** A TOI of 64 bits, instead of `toi`. */
  readonly wideToi: bigint
  readonly tsi: number
  readonly sbn: number
  readonly esi: number
  /** Null: the packet is a header only. */
  readonly data: Uint8Array | null
  readonly extensions: readonly LctExtension[]
  readonly codepoint: number
  readonly closeSession: boolean
  readonly closeObject: boolean
  /** The FEC Payload ID of this scheme, where it is not 16 bits of block and 16 of symbol. */
  readonly payloadId: Uint8Array
}

/** One packet, also such as no sender should send. */
export function flutePacket(timeUs: number, fields: Partial<FlutePacket>): Datagram {
  const { toi = 1, tsi = 1, sbn = 0, esi = 0, data = new Uint8Array(0), extensions = [], codepoint = 0 } = fields
  const header = {
    psi: 0,
    reserved: 0,
    closeSession: fields.closeSession ?? false,
    closeObject: fields.closeObject ?? false,
    codepoint,
    cciBytes: 4,
    cci: 0n,
    tsiBytes: fields.wideToi === undefined ? 2 : 4,
    tsi: asTsi(tsi),
    toiBytes: fields.wideToi === undefined ? 2 : 8,
    toi: asToi(fields.wideToi === undefined ? toi : 0),
    extensions,
  }
  const headerBytes = lctHeaderBytes(header)
  const payloadId = fields.payloadId ?? Uint8Array.of(sbn >> 8, sbn & 255, esi >> 8, esi & 255)
  const body = data === null ? [] : [...payloadId, ...data]
  const bytes = new Uint8Array(headerBytes + body.length)
  serialiseLctHeader(header, bytes)
  if (fields.wideToi !== undefined) new DataView(bytes.buffer).setBigUint64(12, fields.wideToi)
  bytes.set(body, headerBytes)
  return { address: '239.255.1.1', port: 6000, bytes, timeUs }
}

/** EXT_FTI of RaptorQ (RFC 6330 §3.3). */
export function raptorQFti(
  transferLength: number,
  symbolBytes: number,
  sourceBlocks: number,
  subBlocks: number,
  alignment: number,
): LctExtension {
  const content = new Uint8Array(14)
  const view = new DataView(content.buffer)
  view.setUint32(1, transferLength)
  view.setUint16(6, symbolBytes)
  view.setUint8(8, sourceBlocks)
  view.setUint16(9, subBlocks)
  view.setUint8(11, alignment)
  return { kind: 'unknown', het: 64, content }
}
