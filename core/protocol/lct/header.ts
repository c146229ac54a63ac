import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { asToi, asTsi, type Toi, type Tsi } from '../../contract/ids.ts'
import { LCT_FAULT, LCT_VERSION, lctFaultName, PSI_SOURCE } from './constants.ts'
import { type LctExtension, lctExtensionBytes, parseLctExtensions, writeLctExtension } from './extensions.ts'
import { LctPacket } from './lct-packet.ts'

/** LCT header, RFC 5651 §5.1, with its field sizes. A/331 A.3.6 fixes them for ROUTE: see `routeLctHeader`. */
export type LctHeader = {
  /** 2 bits; `PSI_SOURCE` in ROUTE source packets. */
  readonly psi: number
  /** The two reserved bits, sent 0. */
  readonly reserved: number
  readonly closeSession: boolean
  readonly closeObject: boolean
  /** 0..255, meaning in route/codepoint.ts. */
  readonly codepoint: number
  /** 4, 8, 12 or 16. */
  readonly cciBytes: number
  readonly cci: bigint
  /** 0, 2, 4 or 6; has a half-word exactly where the TOI has one. */
  readonly tsiBytes: number
  readonly tsi: Tsi
  /** 0 to 14. */
  readonly toiBytes: number
  readonly toi: Toi
  readonly extensions: readonly LctExtension[]
}

/** A ROUTE source packet's header: 32-bit CCI, TSI and TOI (A/331 A.3.6, RFC 9223 §2.1). */
export function routeLctHeader(fields: {
  readonly tsi: Tsi
  readonly toi: Toi
  readonly codepoint: number
  readonly closeObject?: boolean
  readonly closeSession?: boolean
  readonly extensions?: readonly LctExtension[]
}): LctHeader {
  return {
    psi: PSI_SOURCE,
    reserved: 0,
    closeSession: fields.closeSession ?? false,
    closeObject: fields.closeObject ?? false,
    codepoint: fields.codepoint,
    cciBytes: 4,
    cci: 0n,
    tsiBytes: 4,
    tsi: fields.tsi,
    toiBytes: 4,
    toi: fields.toi,
    extensions: fields.extensions ?? [],
  }
}

/**
 * Reads the header of the UDP payload `bytes[start, end)`, for tools and tests; the packet path uses `LctPacket`.
 * @returns header, and headerBytes: its length with extensions, always a multiple of 4. Views into `bytes`.
 * @throws CodecError `lct-truncated` | `lct-version` | `lct-length`, with the byte offset
 */
export function parseLctHeader(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): { header: LctHeader; headerBytes: number } {
  const packet = new LctPacket()
  const fault = packet.read(bytes, start, end)
  if (fault !== LCT_FAULT.none) {
    const name = lctFaultName(fault)
    throw new CodecError(name, packet.faultOffset, `${name} at byte ${packet.faultOffset} of [${start}, ${end})`)
  }
  const b0 = bytes[start] as number
  const b1 = bytes[start + 1] as number
  const half = ((b1 >> 4) & 1) * 2
  const cciBytes = 4 + ((b0 >> 2) & 3) * 4
  const tsiBytes = (b1 >> 7) * 4 + half
  const toiBytes = ((b1 >> 5) & 3) * 4 + half
  let cci = 0n
  for (let i = 0; i < cciBytes; i++) cci = (cci << 8n) | BigInt(bytes[start + 4 + i] as number)
  const fec = (packet.psi & PSI_SOURCE) !== 0 ? 0 : packet.codepoint
  const extensionsAt = start + 4 + cciBytes + tsiBytes + toiBytes
  const header: LctHeader = {
    psi: packet.psi,
    reserved: (b1 >> 2) & 3,
    closeSession: packet.closeSession,
    closeObject: packet.closeObject,
    codepoint: packet.codepoint,
    cciBytes,
    cci,
    tsiBytes,
    tsi: asTsi(packet.tsi),
    toiBytes,
    toi: asToi(packet.toi),
    extensions: parseLctExtensions(bytes, extensionsAt, start + packet.headerBytes, fec),
  }
  return { header, headerBytes: packet.headerBytes }
}

/** Length of the header on the wire, with extensions. @throws CodecError `lct-header` above 1020 */
export function lctHeaderBytes(header: LctHeader): number {
  let size = 4 + header.cciBytes + header.tsiBytes + header.toiBytes
  for (const extension of header.extensions) size += lctExtensionBytes(extension)
  if (size > 255 * 4) throw new CodecError('lct-header', 0, `a header of ${size} bytes, HDR_LEN allows 1020`)
  return size
}

/**
 * Writes a header at `offset`, without the FEC Payload ID.
 * @returns bytes written
 * @throws CodecError `lct-header` | `lct-extension` | `out-of-range` when a field does not fit, or `into` is too small
 */
export function serialiseLctHeader(header: LctHeader, into: Uint8Array, offset = 0): number {
  const size = lctHeaderBytes(header)
  const { cciBytes, tsiBytes, toiBytes } = header
  const half = tsiBytes % 4
  const formed =
    [4, 8, 12, 16].includes(cciBytes) &&
    (half === 0 || half === 2) &&
    toiBytes % 4 === half &&
    tsiBytes - half <= 4 &&
    toiBytes - half <= 12
  if (!formed) {
    throw new CodecError(
      'lct-header',
      0,
      `no header has CCI, TSI and TOI of ${cciBytes}, ${tsiBytes} and ${toiBytes} bytes`,
    )
  }
  if (offset < 0 || offset + size > into.length) {
    throw new CodecError('lct-header', offset, `a header of ${size} bytes does not fit at ${offset} of ${into.length}`)
  }
  if (header.psi > 3 || header.reserved > 3) throw new CodecError('out-of-range', 0, 'PSI and Res have two bits')

  const out = new ByteWriter(size)
  out.u8((LCT_VERSION << 4) | ((cciBytes / 4 - 1) << 2) | header.psi)
  out.u8(
    (((tsiBytes - half) / 4) << 7) |
      (((toiBytes - half) / 4) << 5) |
      ((half / 2) << 4) |
      (header.reserved << 2) |
      (header.closeSession ? 2 : 0) |
      (header.closeObject ? 1 : 0),
  )
  out.u8(size / 4).u8(header.codepoint)
  writeUint(out, header.cci, cciBytes, 'CCI')
  writeUint(out, BigInt(header.tsi), tsiBytes, 'TSI')
  writeUint(out, BigInt(header.toi), toiBytes, 'TOI')
  for (const extension of header.extensions) writeLctExtension(extension, out)
  into.set(out.take(), offset)
  return size
}

function writeUint(out: ByteWriter, value: bigint, size: number, field: string): void {
  if (value < 0n || value >> BigInt(size * 8) !== 0n) {
    throw new CodecError('out-of-range', 0, `${field} ${value} does not fit ${size} bytes`)
  }
  for (let i = size - 1; i >= 0; i--) out.u8(Number((value >> BigInt(i * 8)) & 0xffn))
}
