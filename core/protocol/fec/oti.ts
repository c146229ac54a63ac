import { CodecError } from '../../bytes/codec-error.ts'
import { hexToBytes } from '../../bytes/hex.ts'
import { u16At, u32At } from '../../bytes/ints.ts'
import { FEC_ENCODING } from './fec-scheme.ts'

/**
 * FEC Object Transmission Information of the two Raptor schemes, common and scheme-specific part together.
 *
 * ```
 * RaptorQ (6)  | F 40 | reserved 8 | T 16 | Z 8  | N 16 | Al 8 |     RFC 6330 §3.3.2, 3.3.3
 * Raptor  (1)  | F 40 | reserved 8 | T 16 | Z 16 | N 8  | Al 8 |     RFC 5053 §3.2.2, 3.2.3
 * ```
 * The same 12 bytes are in `FECParameters@fecOTI`, and after HET and HEL in EXT_FTI.
 */
export type FecOti = {
  /** F, length of the object or super-object; 0 where not given. */
  readonly transferLength: number
  /** T, bytes of a symbol; never 0. */
  readonly symbolBytes: number
  /** Z; never 0. */
  readonly sourceBlocks: number
  /** N; never 0. */
  readonly subBlocks: number
  /** Al, bytes. */
  readonly alignment: number
}

const OTI_BYTES = 12

/**
 * Reads the 12 bytes at `at`.
 * @throws CodecError `fec-oti` where fewer bytes are left before `end`, or T, Z or N is 0
 */
export function parseOti(bytes: Uint8Array, at: number, end: number, encodingId: number): FecOti {
  if (end - at < OTI_BYTES) throw new CodecError('fec-oti', at, `FEC OTI: got ${end - at} bytes, expected ${OTI_BYTES}`)
  const raptor = encodingId === FEC_ENCODING.raptor
  const oti = {
    transferLength: (bytes[at] as number) * 0x1_0000_0000 + u32At(bytes, at + 1),
    symbolBytes: u16At(bytes, at + 6),
    sourceBlocks: raptor ? u16At(bytes, at + 8) : (bytes[at + 8] as number),
    subBlocks: raptor ? (bytes[at + 10] as number) : u16At(bytes, at + 9),
    alignment: bytes[at + 11] as number,
  }
  if (oti.symbolBytes === 0) throw new CodecError('fec-oti', at + 6, 'FEC OTI: symbols of 0 bytes')
  if (oti.sourceBlocks === 0) throw new CodecError('fec-oti', at + 8, 'FEC OTI: 0 source blocks')
  if (oti.subBlocks === 0) throw new CodecError('fec-oti', at + 9, 'FEC OTI: 0 sub-blocks')
  return oti
}

/** `FECParameters@fecOTI`: RaptorQ's OTI as 24 hexadecimal digits. @throws CodecError `fec-oti` | `hex` */
export function parseOtiHex(text: string): FecOti {
  const bytes = hexToBytes(text.replace(/\s+/g, ''))
  return parseOti(bytes, 0, bytes.length, FEC_ENCODING.raptorq)
}

/** The 12 bytes of RaptorQ's OTI. @throws CodecError `out-of-range` for a value too wide for its field */
export function serialiseOti(oti: FecOti): Uint8Array {
  const bytes = new Uint8Array(OTI_BYTES)
  const view = new DataView(bytes.buffer)
  const fitting = (value: number, max: number, field: string): number => {
    if (Number.isInteger(value) && value >= 0 && value <= max) return value
    throw new CodecError('out-of-range', 0, `FEC OTI: ${field} ${value} is not in 0..${max}`)
  }
  const length = fitting(oti.transferLength, 0xff_ffff_ffff, 'F')
  bytes[0] = Math.floor(length / 0x1_0000_0000)
  view.setUint32(1, length % 0x1_0000_0000)
  view.setUint16(6, fitting(oti.symbolBytes, 0xffff, 'T'))
  bytes[8] = fitting(oti.sourceBlocks, 0xff, 'Z')
  view.setUint16(9, fitting(oti.subBlocks, 0xffff, 'N'))
  bytes[11] = fitting(oti.alignment, 0xff, 'Al')
  return bytes
}
