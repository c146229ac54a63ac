import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { ALP_EXTENSION, ALP_TYPE, MAX_CONCATENATED } from './alp-packet.ts'

/** Optional fields of an ALP packet. */
export type AlpOptions = {
  readonly type?: number
  readonly sid?: number
  /** Header extension, as `type` and 1 to 256 bytes. */
  readonly extension?: { readonly type: number; readonly bytes: Uint8Array }
}

/** The 5 bytes before link-layer signalling. */
export type AlpSignallingHeader = {
  readonly type: number
  readonly version: number
  readonly format?: number
  readonly encoding?: number
}

/** The private extension that names a PLP. */
export function plpExtension(plp: number): { readonly type: number; readonly bytes: Uint8Array } {
  return { type: ALP_EXTENSION.plp, bytes: Uint8Array.of(plp << 2) }
}

/**
 * One packet as one ALP packet, in the shortest header that holds it.
 * @throws CodecError out-of-range where the payload is empty or above 65535 bytes
 */
export function alpPacket(payload: Uint8Array, options: AlpOptions = {}): Uint8Array {
  const length = checkedLength(payload.length, 65535)
  const out = new ByteWriter(payload.length + 16)
  const type = options.type ?? ALP_TYPE.ipv4
  if (length < 2048 && options.sid === undefined && options.extension === undefined) {
    return out
      .u16((type << 13) | length)
      .bytes(payload)
      .take()
  }
  out.u16((type << 13) | 0x0800 | (length & 0x7ff))
  out.u8(((length >> 11) << 3) | 4 | flags(options))
  return optional(out, options).bytes(payload).take()
}

/**
 * One packet as segments of `segmentBytes`, at most 32.
 * @throws CodecError out-of-range
 */
export function alpSegments(payload: Uint8Array, segmentBytes: number, options: AlpOptions = {}): Uint8Array[] {
  checkedLength(payload.length, 65535)
  checkedLength(segmentBytes, 2047)
  const count = Math.ceil(payload.length / segmentBytes)
  if (count < 2 || count > 32) throw new CodecError('out-of-range', 0, `${count} segments are not 2 to 32`)
  return Array.from({ length: count }, (_, index) => {
    const piece = payload.subarray(index * segmentBytes, (index + 1) * segmentBytes)
    const out = new ByteWriter(piece.length + 16)
    out.u16(((options.type ?? ALP_TYPE.ipv4) << 13) | 0x1000 | piece.length)
    out.u8((index << 3) | (index === count - 1 ? 4 : 0) | flags(options))
    return optional(out, options).bytes(piece).take()
  })
}

/**
 * Two to nine packets in one; all but the last are below 4096 bytes.
 * @throws CodecError out-of-range
 */
export function alpConcatenation(
  payloads: readonly Uint8Array[],
  options: Pick<AlpOptions, 'type' | 'sid'> = {},
): Uint8Array {
  if (payloads.length < 2 || payloads.length > MAX_CONCATENATED) {
    throw new CodecError('out-of-range', 0, `${payloads.length} packets are not 2 to ${MAX_CONCATENATED}`)
  }
  const total = checkedLength(
    payloads.reduce((sum, payload) => sum + payload.length, 0),
    32767,
  )
  const listed = payloads.slice(0, -1).map((payload) => checkedLength(payload.length, 4095))
  checkedLength((payloads.at(-1) as Uint8Array).length, 32767)
  const out = new ByteWriter(total + 32)
  out.u16(((options.type ?? ALP_TYPE.ipv4) << 13) | 0x1800 | (total & 0x7ff))
  out.u8(((total >> 11) << 4) | ((listed.length - 1) << 1) | (options.sid === undefined ? 0 : 1))
  for (let index = 0; index < listed.length; index += 2) {
    const first = listed[index] as number
    const second = listed[index + 1]
    out.u8(first >> 4)
    if (second === undefined) out.u8((first & 15) << 4)
    else out.u8(((first & 15) << 4) | (second >> 8)).u8(second & 0xff)
  }
  if (options.sid !== undefined) out.u8(options.sid)
  for (const payload of payloads) out.bytes(payload)
  return out.take()
}

/**
 * Link-layer signalling as one ALP packet. `countHeader`: the length includes the 5 bytes of signalling information, the other
 * reading of the standard.
 * @throws CodecError out-of-range
 */
export function alpSignalling(
  body: Uint8Array,
  header: AlpSignallingHeader,
  options: AlpOptions = {},
  countHeader = false,
): Uint8Array {
  const information = new ByteWriter(body.length + 8)
    .u8(header.type)
    .u16(0xffff)
    .u8(header.version)
    .u8(((header.format ?? 0) << 6) | ((header.encoding ?? 0) << 4) | 15)
    .take()
  const length = checkedLength(body.length + (countHeader ? information.length : 0), 65535)
  const out = new ByteWriter(body.length + 24)
  if (length < 2048 && options.sid === undefined && options.extension === undefined) {
    out.u16((ALP_TYPE.signalling << 13) | length)
  } else {
    out.u16((ALP_TYPE.signalling << 13) | 0x0800 | (length & 0x7ff)).u8(((length >> 11) << 3) | 4 | flags(options))
    optional(out, options)
  }
  return out.bytes(information).bytes(body).take()
}

function flags(options: AlpOptions): number {
  return (options.sid === undefined ? 0 : 2) | (options.extension === undefined ? 0 : 1)
}

function optional(out: ByteWriter, options: AlpOptions): ByteWriter {
  if (options.sid !== undefined) out.u8(options.sid)
  const extension = options.extension
  if (extension === undefined) return out
  checkedLength(extension.bytes.length, 256)
  return out
    .u8(extension.type)
    .u8(extension.bytes.length - 1)
    .bytes(extension.bytes)
}

function checkedLength(length: number, max: number): number {
  if (length < 1 || length > max) throw new CodecError('out-of-range', 0, `a length of ${length} is not 1 to ${max}`)
  return length
}
