import { CodecError } from '../../bytes/codec-error.ts'
import { u16At, u32At } from '../../bytes/ints.ts'

/** FT: type of an MPU fragment (ISO/IEC 23008-1 §9.3.2). */
export const MPU_FRAGMENT = { mpuMetadata: 0, movieFragmentMetadata: 1, mfu: 2 } as const
/** f_i: position of a fragment in its data unit. */
export const FRAGMENT_INDICATOR = { whole: 0, first: 1, middle: 2, last: 3 } as const

/** Data unit header of a timed MFU, bytes. */
export const TIMED_UNIT_BYTES = 14
/** Data unit header of a non-timed MFU: item_ID. */
const ITEM_UNIT_BYTES = 4
const HEADER_BYTES = 8

/** Faults of an MPU payload. */
export const MPU_FAULT = { none: 0, truncated: 1, length: 2, type: 3, aggregation: 4, unit: 5 } as const
const FAULT_NAMES = [
  'none',
  'mmtp-mpu-truncated',
  'mmtp-mpu-length',
  'mmtp-mpu-type',
  'mmtp-mpu-aggregation',
  'mmtp-mpu-unit',
] as const

/** Stable name of a `MPU_FAULT` code, as counted in the report. */
export function mpuFaultName(code: number): string {
  return FAULT_NAMES[code] ?? `mmtp-mpu-fault-${code}`
}

/**
 * The MPU payload of one packet, read in place; one instance is reused and nothing is allocated.
 *
 * ```
 * | length 16 | FT 4 | T 1 | f_i 2 | A 1 | fragment_counter 8 | MPU_sequence_number 32 | data units |
 * A = 1: DU_length 16, data unit, repeated; f_i is then 0
 * MFU, timed:     | movie_fragment_sequence_number 32 | sample_number 32 | offset 32 | priority 8 | dep_counter 8 | data |
 * MFU, non-timed: | item_ID 32 | data |
 * ```
 * After `read`, `next` steps through the data units; its fields then describe the unit.
 */
export class MpuPayload {
  /** `MPU_FRAGMENT`. */
  fragmentType = 0
  timed = false
  /** `FRAGMENT_INDICATOR`. */
  indicator = 0
  aggregated = false
  /** Following fragments of the data unit, modulo 256; in aggregated payloads the field as sent. */
  fragmentCounter = 0
  mpuSequence = 0
  /** Of the current unit; 0 in metadata. */
  movieFragment = 0
  sampleNumber = 0
  offset = 0
  priority = 0
  dependencyCounter = 0
  itemId = 0
  /** Data of the unit without its header, in `bytes`. */
  dataStart = 0
  dataEnd = 0
  #at = 0
  #end = 0

  /** Reads the header of the payload `bytes[start, end)`. @returns 0, or the `MPU_FAULT` that makes it unusable */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < HEADER_BYTES) return MPU_FAULT.truncated
    const length = u16At(bytes, start)
    const flags = bytes[start + 2] as number
    this.fragmentType = flags >> 4
    if (this.fragmentType > MPU_FRAGMENT.mfu) return MPU_FAULT.type
    if (length < HEADER_BYTES - 2 || length > end - start - 2) return MPU_FAULT.length
    this.timed = (flags & 8) !== 0
    this.indicator = (flags >> 1) & 3
    this.aggregated = (flags & 1) !== 0
    if (this.aggregated && this.indicator !== FRAGMENT_INDICATOR.whole) return MPU_FAULT.aggregation
    this.fragmentCounter = bytes[start + 3] as number
    this.mpuSequence = u32At(bytes, start + 4)
    this.#at = start + HEADER_BYTES
    this.#end = start + 2 + length
    this.dataEnd = this.#at
    return MPU_FAULT.none
  }

  /** Steps to the next data unit. @returns 1 where there is one, 0 after the last, the negative `MPU_FAULT` on a fault */
  next(bytes: Uint8Array): number {
    let at = this.#at
    let end = this.#end
    if (at >= end) return 0
    if (this.aggregated) {
      if (end - at < 2) return this.#stop(MPU_FAULT.aggregation)
      const length = u16At(bytes, at)
      at += 2
      if (length === 0 || length > end - at) return this.#stop(MPU_FAULT.aggregation)
      end = at + length
    }
    this.#at = end
    this.movieFragment = 0
    this.sampleNumber = 0
    this.offset = 0
    this.itemId = 0
    if (this.fragmentType === MPU_FRAGMENT.mfu) {
      const header = this.timed ? TIMED_UNIT_BYTES : ITEM_UNIT_BYTES
      if (end - at < header) return this.#stop(MPU_FAULT.unit)
      if (this.timed) {
        this.movieFragment = u32At(bytes, at)
        this.sampleNumber = u32At(bytes, at + 4)
        this.offset = u32At(bytes, at + 8)
        this.priority = bytes[at + 12] as number
        this.dependencyCounter = bytes[at + 13] as number
      } else this.itemId = u32At(bytes, at)
      at += header
    }
    this.dataStart = at
    this.dataEnd = end
    return 1
  }

  #stop(fault: number): number {
    this.#at = this.#end
    return -fault
  }
}

/** A data unit of an MPU for writing. */
export type MpuUnit =
  | { readonly kind: 'metadata'; readonly data: Uint8Array }
  | {
      readonly kind: 'timed'
      readonly movieFragment: number
      readonly sampleNumber: number
      readonly offset: number
      readonly priority: number
      readonly dependencyCounter: number
      readonly data: Uint8Array
    }
  | { readonly kind: 'item'; readonly itemId: number; readonly data: Uint8Array }

/** Fields of an MPU payload besides its units. */
export type MpuPayloadHeader = {
  readonly fragmentType: number
  readonly timed: boolean
  readonly indicator: number
  readonly fragmentCounter: number
  readonly mpuSequence: number
}

/**
 * An MPU payload of one data unit or several aggregated ones.
 * @throws CodecError mmtp-mpu-length where it exceeds the 16-bit length
 */
export function serialiseMpuPayload(
  header: MpuPayloadHeader,
  units: readonly MpuUnit[],
  aggregate: boolean,
): Uint8Array {
  const written = units.map(serialiseUnit)
  const length = written.reduce((sum, unit) => sum + unit.length + (aggregate ? 2 : 0), HEADER_BYTES - 2)
  if (length > 0xffff || (!aggregate && written.length !== 1))
    throw new CodecError('mmtp-mpu-length', 0, `${written.length} units of ${length} bytes do not fit one payload`)
  const payload = new Uint8Array(2 + length)
  const view = new DataView(payload.buffer)
  view.setUint16(0, length)
  payload[2] = (header.fragmentType << 4) | (header.timed ? 8 : 0) | (header.indicator << 1) | (aggregate ? 1 : 0)
  payload[3] = header.fragmentCounter & 0xff
  view.setUint32(4, header.mpuSequence)
  let at = HEADER_BYTES
  for (const unit of written) {
    if (aggregate) {
      view.setUint16(at, unit.length)
      at += 2
    }
    payload.set(unit, at)
    at += unit.length
  }
  return payload
}

function serialiseUnit(unit: MpuUnit): Uint8Array {
  if (unit.kind === 'metadata') return unit.data
  const header = unit.kind === 'timed' ? TIMED_UNIT_BYTES : ITEM_UNIT_BYTES
  const bytes = new Uint8Array(header + unit.data.length)
  const view = new DataView(bytes.buffer)
  if (unit.kind === 'timed') {
    view.setUint32(0, unit.movieFragment)
    view.setUint32(4, unit.sampleNumber)
    view.setUint32(8, unit.offset)
    view.setUint8(12, unit.priority)
    view.setUint8(13, unit.dependencyCounter)
  } else view.setUint32(0, unit.itemId)
  bytes.set(unit.data, header)
  return bytes
}
