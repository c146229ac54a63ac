import { CodecError } from '../../bytes/codec-error.ts'
import { u16At, u32At } from '../../bytes/ints.ts'

/** Most messages accepted in one payload. */
const MAX_MESSAGES = 256

/**
 * Payload of a signalling packet (ISO/IEC 23008-1 §9.3.4): a whole message, a fragment of one, or several whole ones.
 *
 * ```
 * | f_i 2 | reserved 4 | H 1 | A 1 | fragment_counter 8 |   A = 1: message length (16, or 32 where H = 1), message, repeated
 * ```
 * The reserved bits are 1 off air and 0 elsewhere.
 */
export type SignallingPayload = {
  /** `FRAGMENT_INDICATOR`. */
  readonly indicator: number
  readonly fragmentCounter: number
  readonly aggregated: boolean
  /** H: lengths of aggregated messages are 32 bits wide. */
  readonly wideLengths: boolean
  /** Whole messages, or the one fragment; views. */
  readonly parts: readonly Uint8Array[]
}

/**
 * @throws CodecError mmtp-si-truncated, mmtp-si-aggregation (a length beyond the payload, or aggregated fragments),
 * mmtp-si-too-many
 */
export function parseSignallingPayload(bytes: Uint8Array, start: number, end: number): SignallingPayload {
  if (end - start < 2)
    throw new CodecError('mmtp-si-truncated', end, `a signalling payload needs 2 bytes, ${end - start} are there`)
  const flags = bytes[start] as number
  const header = {
    indicator: flags >> 6,
    fragmentCounter: bytes[start + 1] as number,
    aggregated: (flags & 1) !== 0,
    wideLengths: (flags & 2) !== 0,
  }
  if (!header.aggregated) return { ...header, parts: [bytes.subarray(start + 2, end)] }
  if (header.indicator !== 0)
    throw new CodecError('mmtp-si-aggregation', start, `aggregated messages are whole, f_i is ${header.indicator}`)
  const width = header.wideLengths ? 4 : 2
  const parts: Uint8Array[] = []
  for (let at = start + 2; at < end; ) {
    if (parts.length >= MAX_MESSAGES) throw new CodecError('mmtp-si-too-many', at, `more than ${MAX_MESSAGES} messages`)
    const length = end - at < width ? -1 : header.wideLengths ? u32At(bytes, at) : u16At(bytes, at)
    if (length < 0 || length > end - at - width)
      throw new CodecError('mmtp-si-aggregation', at, `a message at byte ${at} reaches beyond the payload`)
    parts.push(bytes.subarray(at + width, at + width + length))
    at += width + length
  }
  return { ...header, parts }
}

/** @throws CodecError mmtp-si-aggregation where parts and flags disagree */
export function serialiseSignallingPayload(payload: SignallingPayload): Uint8Array {
  const { aggregated, wideLengths, parts } = payload
  if (!aggregated && parts.length !== 1)
    throw new CodecError('mmtp-si-aggregation', 0, `${parts.length} parts without aggregation`)
  const width = aggregated ? (wideLengths ? 4 : 2) : 0
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + width + part.length, 2))
  const view = new DataView(bytes.buffer)
  bytes[0] = (payload.indicator << 6) | 0x3c | (wideLengths ? 2 : 0) | (aggregated ? 1 : 0)
  bytes[1] = payload.fragmentCounter & 0xff
  let at = 2
  for (const part of parts) {
    if (width === 4) view.setUint32(at, part.length)
    else if (width === 2) view.setUint16(at, part.length)
    bytes.set(part, at + width)
    at += width + part.length
  }
  return bytes
}
