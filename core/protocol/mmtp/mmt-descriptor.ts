import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'

/** Most descriptors, and entries of one, accepted. */
const MAX_ENTRIES = 4096
const MPU_TIMESTAMP = 0x0001
/** Tags up to this have a 16-bit length from 0x4000 on, 32 bits from 0x7000 on (ISO/IEC 23008-1 §10.5.1). */
const FIRST_WIDE = 0x4000
const FIRST_WIDER = 0x7000
const FIRST_PRIVATE = 0x8000

const NAMES: Readonly<Record<number, string>> = {
  0: 'CRI_descriptor',
  1: 'MPU_timestamp_descriptor',
  2: 'Dependency_descriptor',
  3: 'GFDT_descriptor',
  4: 'SI_descriptor',
}

/** Presentation time of the first access unit of an MPU. */
export type MpuTimestamp = {
  readonly mpuSequence: number
  /** NTP, seconds and 2^-32 of a second. */
  readonly seconds: number
  readonly fraction: number
}

/** One descriptor of an asset or a package; as bytes where its layout is unknown. */
export type MmtDescriptor =
  | { readonly kind: 'mpu-timestamp'; readonly tag: 1; readonly timestamps: readonly MpuTimestamp[] }
  | { readonly kind: 'other'; readonly tag: number; readonly name: string | null; readonly bytes: Uint8Array }

/**
 * Reads a sequence of descriptors. One that does not fit ends the list and is kept as `rest`.
 * @throws CodecError mmt-descriptors (too many)
 */
export function parseMmtDescriptors(bytes: Uint8Array): {
  readonly descriptors: readonly MmtDescriptor[]
  readonly rest: Uint8Array
} {
  const reader = new ByteReader(bytes, 0, bytes.length, 'mmt-descriptor')
  const descriptors: MmtDescriptor[] = []
  while (reader.remaining > 0) {
    const start = reader.offset
    if (descriptors.length >= MAX_ENTRIES)
      throw new CodecError('mmt-descriptors', start, `more than ${MAX_ENTRIES} descriptors`)
    if (reader.remaining < 3) return { descriptors, rest: bytes.subarray(start) }
    const tag = reader.u16('descriptor_tag')
    const width = lengthWidth(tag)
    if (reader.remaining < width) return { descriptors, rest: bytes.subarray(start) }
    const length = width === 1 ? reader.u8('length') : width === 2 ? reader.u16('length') : reader.u32('length')
    if (length > reader.remaining) return { descriptors, rest: bytes.subarray(start) }
    descriptors.push(readDescriptor(tag, reader.borrow(length, 'descriptor')))
  }
  return { descriptors, rest: new Uint8Array(0) }
}

/** The descriptors, concatenated. */
export function serialiseMmtDescriptors(descriptors: readonly MmtDescriptor[]): Uint8Array {
  const writer = new ByteWriter()
  for (const descriptor of descriptors) {
    const body = descriptor.kind === 'other' ? descriptor.bytes : timestampBytes(descriptor.timestamps)
    const width = lengthWidth(descriptor.tag)
    writer.u16(descriptor.tag)
    if (width === 1) writer.u8(body.length)
    else if (width === 2) writer.u16(body.length)
    else writer.u32(body.length)
    writer.bytes(body)
  }
  return writer.take()
}

function lengthWidth(tag: number): 1 | 2 | 4 {
  if (tag >= FIRST_PRIVATE || tag < FIRST_WIDE) return 1
  return tag < FIRST_WIDER ? 2 : 4
}

function readDescriptor(tag: number, bytes: Uint8Array): MmtDescriptor {
  // Where the length is not a whole number of entries, the bytes are kept.
  if (tag !== MPU_TIMESTAMP || bytes.length % 12 !== 0) return { kind: 'other', tag, name: NAMES[tag] ?? null, bytes }
  const reader = new ByteReader(bytes)
  const timestamps: MpuTimestamp[] = []
  while (reader.remaining > 0) {
    timestamps.push({
      mpuSequence: reader.u32('MPU_sequence_number'),
      seconds: reader.u32('MPU_presentation_time'),
      fraction: reader.u32('MPU_presentation_time'),
    })
  }
  return { kind: 'mpu-timestamp', tag: MPU_TIMESTAMP, timestamps }
}

function timestampBytes(timestamps: readonly MpuTimestamp[]): Uint8Array {
  const writer = new ByteWriter(timestamps.length * 12)
  for (const { mpuSequence, seconds, fraction } of timestamps) writer.u32(mpuSequence).u32(seconds).u32(fraction)
  return writer.take()
}
