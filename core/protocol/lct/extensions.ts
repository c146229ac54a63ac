import { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { EXT_TIME_USE, LCT_HET } from './constants.ts'

/** Header extensions of LCT, ALC, FLUTE and ROUTE. One with an unexpected length is `unknown`. */
export type LctExtension =
  /** EXT_TOL: length of the object as transported, in the 24- or the 48-bit form. RFC 9223 §2.1. */
  | { readonly kind: 'tol'; readonly bits: 24 | 48; readonly transferLength: number }
  /** EXT_FTI of FEC Encoding ID 0, RFC 5445 §3. */
  | {
      readonly kind: 'fti'
      readonly transferLength: number
      /** Reserved in Compact No-Code; kept. */
      readonly reserved: number
      readonly symbolLength: number
      readonly maxSourceBlock: number
    }
  /** EXT_TIME, RFC 5651 §5.2.2. Times in NTP seconds and fraction; null where the Use bit is clear. */
  | {
      readonly kind: 'time'
      readonly sctHigh: number | null
      readonly sctLow: number | null
      /** Expected residual time, ms. */
      readonly ert: number | null
      /** Session last changed, NTP seconds. */
      readonly slc: number | null
      /** Low 12 bits of Use: reserved, and for the protocol above. */
      readonly otherUse: number
    }
  /** EXT_ROUTE_PRESENTATION_TIME, NTP. RFC 9223 §2.1. */
  | {
      readonly kind: 'presentation-time'
      readonly reserved: number
      readonly seconds: number
      readonly fraction: number
    }
  /** EXT_FDT, RFC 6726 §3.4.1. */
  | { readonly kind: 'fdt'; readonly fluteVersion: number; readonly instanceId: number }
  /** EXT_CENC, RFC 6726 §3.4.3. */
  | { readonly kind: 'cenc'; readonly encoding: number; readonly reserved: number }
  /** Any other; `content` follows HET, and HEL where there is one. A view. */
  | { readonly kind: 'unknown'; readonly het: number; readonly content: Uint8Array }
  /** HEL is 0 or points past the end: the rest of the header is unreadable. A view. */
  | { readonly kind: 'malformed'; readonly bytes: Uint8Array }

/** The shorter form that fits the length. */
export function tolExtension(transferLength: number): LctExtension {
  return { kind: 'tol', bits: transferLength <= 0xff_ffff ? 24 : 48, transferLength }
}

/** An LCT header has at most 255 words of 32 bits (RFC 5651 §5.1, HDR_LEN). */
const MAX_BYTES = 255 * 4

/**
 * Reads the extensions in `bytes[start, end)`, the rest of an LCT header, in wire order.
 * @param fec FEC Encoding ID, which determines the layout of EXT_FTI; only ID 0 is decoded
 */
export function parseLctExtensions(bytes: Uint8Array, start: number, end: number, fec: number): LctExtension[] {
  const extensions: LctExtension[] = []
  let at = start
  while (at < end) {
    const het = bytes[at] as number
    const size = het >= 128 ? 4 : (bytes[at + 1] as number) * 4
    if (size === 0 || at + size > end || at + size - start > MAX_BYTES) {
      extensions.push({ kind: 'malformed', bytes: bytes.subarray(at, end) })
      break
    }
    extensions.push(parseExtension(bytes, at, size, fec))
    at += size
  }
  return extensions
}

function parseExtension(bytes: Uint8Array, at: number, size: number, fec: number): LctExtension {
  const reader = new ByteReader(bytes, at, at + size, 'lct-extension')
  const het = reader.u8('HET')
  if (het < 128) reader.u8('HEL')
  if (het === LCT_HET.tol24) return { kind: 'tol', bits: 24, transferLength: reader.u24('Transfer Length') }
  if (het === LCT_HET.tol48 && size === 8) {
    return { kind: 'tol', bits: 48, transferLength: reader.u48('Transfer Length') }
  }
  if (het === LCT_HET.fti && size === 16 && fec === 0) {
    return {
      kind: 'fti',
      transferLength: reader.u48('Transfer Length'),
      reserved: reader.u16('reserved'),
      symbolLength: reader.u16('Encoding Symbol Length'),
      maxSourceBlock: reader.u32('Maximum Source Block Length'),
    }
  }
  if (het === LCT_HET.time) {
    const use = reader.u16('Use')
    if (size === timeBytes(use)) {
      const word = (bit: number, field: string): number | null => ((use & bit) === 0 ? null : reader.u32(field))
      return {
        kind: 'time',
        sctHigh: word(EXT_TIME_USE.sctHigh, 'SCT-High'),
        sctLow: word(EXT_TIME_USE.sctLow, 'SCT-Low'),
        ert: word(EXT_TIME_USE.ert, 'ERT'),
        slc: word(EXT_TIME_USE.slc, 'SLC'),
        otherUse: use & 0x0fff,
      }
    }
  }
  if (het === LCT_HET.presentationTime && size === 12) {
    return {
      kind: 'presentation-time',
      reserved: reader.u16('reserved'),
      seconds: reader.u32('NTP seconds'),
      fraction: reader.u32('NTP fraction'),
    }
  }
  if (het === LCT_HET.fdt) {
    const word = reader.u24('EXT_FDT')
    return { kind: 'fdt', fluteVersion: word >> 20, instanceId: word & 0xf_ffff }
  }
  if (het === LCT_HET.cenc) {
    return { kind: 'cenc', encoding: reader.u8('CENC'), reserved: reader.u16('reserved') }
  }
  const skip = het >= 128 ? 1 : 2
  return { kind: 'unknown', het, content: bytes.subarray(at + skip, at + size) }
}

/** Bytes of an EXT_TIME with this Use field. */
function timeBytes(use: number): number {
  return 4 + 4 * (((use >> 15) & 1) + ((use >> 14) & 1) + ((use >> 13) & 1) + ((use >> 12) & 1))
}

/**
 * Size of an extension on the wire, a multiple of 4. @throws CodecError `lct-extension` where its content is not whole words
 */
export function lctExtensionBytes(extension: LctExtension): number {
  switch (extension.kind) {
    case 'tol':
      return extension.bits === 24 ? 4 : 8
    case 'fti':
      return 16
    case 'time':
      return timeBytes(timeUse(extension))
    case 'presentation-time':
      return 12
    case 'fdt':
    case 'cenc':
      return 4
    case 'unknown':
      return whole(extension.content.length + (extension.het >= 128 ? 1 : 2))
    case 'malformed':
      return whole(extension.bytes.length)
  }
}

function whole(size: number): number {
  if (size % 4 !== 0) throw new CodecError('lct-extension', 0, `an extension of ${size} bytes does not fill words`)
  return size
}

/** Appends an extension. @throws CodecError `out-of-range` | `lct-extension` */
export function writeLctExtension(extension: LctExtension, out: ByteWriter): void {
  switch (extension.kind) {
    case 'tol':
      if (extension.bits === 24) out.u8(LCT_HET.tol24).u24(extension.transferLength)
      else out.u8(LCT_HET.tol48).u8(2).u48(extension.transferLength)
      return
    case 'fti':
      out.u8(LCT_HET.fti).u8(4).u48(extension.transferLength).u16(extension.reserved)
      out.u16(extension.symbolLength).u32(extension.maxSourceBlock)
      return
    case 'time': {
      out.u8(LCT_HET.time)
      out.u8(lctExtensionBytes(extension) / 4)
      out.u16(timeUse(extension))
      for (const word of [extension.sctHigh, extension.sctLow, extension.ert, extension.slc]) {
        if (word !== null) out.u32(word)
      }
      return
    }
    case 'presentation-time':
      out.u8(LCT_HET.presentationTime).u8(3).u16(extension.reserved).u32(extension.seconds).u32(extension.fraction)
      return
    case 'fdt':
      out.u8(LCT_HET.fdt).u8((nibble(extension.fluteVersion) << 4) | high(extension.instanceId))
      out.u16(extension.instanceId & 0xffff)
      return
    case 'cenc':
      out.u8(LCT_HET.cenc).u8(extension.encoding).u16(extension.reserved)
      return
    case 'unknown':
      out.u8(extension.het)
      if (extension.het < 128) out.u8(lctExtensionBytes(extension) / 4)
      out.bytes(extension.content)
      return
    case 'malformed':
      out.bytes(extension.bytes)
      return
  }
}

function timeUse(extension: Extract<LctExtension, { kind: 'time' }>): number {
  return (
    (extension.sctHigh === null ? 0 : EXT_TIME_USE.sctHigh) |
    (extension.sctLow === null ? 0 : EXT_TIME_USE.sctLow) |
    (extension.ert === null ? 0 : EXT_TIME_USE.ert) |
    (extension.slc === null ? 0 : EXT_TIME_USE.slc) |
    (extension.otherUse & 0x0fff)
  )
}

function nibble(value: number): number {
  if (!(value >= 0 && value <= 15)) throw new CodecError('out-of-range', 0, `FLUTE version ${value} is not in 0..15`)
  return value
}

/** Top 4 of the 20 bits of an FDT Instance ID. */
function high(instanceId: number): number {
  if (!(instanceId >= 0 && instanceId <= 0xf_ffff)) {
    throw new CodecError('out-of-range', 0, `FDT Instance ID ${instanceId} is not in 0..1048575`)
  }
  return instanceId >> 16
}
