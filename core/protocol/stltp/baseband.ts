import { CodecError } from '../../bytes/codec-error.ts'

/** Pointer of a baseband packet without the start of an ALP packet. */
export const NO_POINTER = 8191

/** Header of a baseband packet, A/322 §5.2.2; `payloadStart` is an offset in the parsed bytes. */
export type BasebandHeader = {
  /** Offset in the payload of the first ALP packet that begins in it; NO_POINTER: none. */
  readonly pointer: number
  /** Type of the extension, 7 for padding; null where absent. */
  readonly extensionType: number | null
  readonly payloadStart: number
}

/**
 * ```
 * |MODE|pointer_low 7|  MODE 1: |pointer_high 6|OFI 2|
 * OFI 1 |EXT_TYPE 3|EXT_LEN 5|   OFI 2, 3 |EXT_TYPE 3|LEN_low 5|LEN_high 8|   then the extension
 * ```
 * @throws CodecError baseband-truncated
 */
export function parseBasebandHeader(bytes: Uint8Array, start = 0, end = bytes.length): BasebandHeader {
  const need = (at: number): number => {
    if (at > end) throw new CodecError('baseband-truncated', end, `a baseband packet needs ${at - end} more bytes`)
    return at
  }
  need(start + 1)
  const first = bytes[start] as number
  if (first < 0x80) return { pointer: first, extensionType: null, payloadStart: start + 1 }
  need(start + 2)
  const second = bytes[start + 1] as number
  const pointer = ((second >> 2) << 7) | (first & 0x7f)
  const ofi = second & 3
  if (ofi === 0) return { pointer, extensionType: null, payloadStart: start + 2 }
  need(start + 3)
  const third = bytes[start + 2] as number
  if (ofi === 1) {
    return { pointer, extensionType: third >> 5, payloadStart: need(start + 3 + (third & 31)) }
  }
  need(start + 4)
  const length = ((bytes[start + 3] as number) << 5) | (third & 31)
  return { pointer, extensionType: third >> 5, payloadStart: need(start + 4 + length) }
}

/**
 * A baseband packet around `payload`, with `padding` bytes in its header.
 * @param long two-byte header even where one byte suffices
 * @throws CodecError out-of-range
 */
export function basebandPacket(payload: Uint8Array, pointer: number, padding = 0, long = false): Uint8Array {
  if (pointer < 0 || pointer > NO_POINTER || padding < 0 || padding > 8192 + 2) {
    throw new CodecError('out-of-range', 0, `a pointer of ${pointer} with ${padding} bytes of padding`)
  }
  if (padding === 0 && pointer < 128 && !long) return joined([pointer], 0, payload)
  const low = 0x80 | (pointer & 0x7f)
  const high = (pointer >> 7) << 2
  if (padding === 0) return joined([low, high], 0, payload)
  if (padding <= 32) return joined([low, high | 1, 0xe0 | (padding - 1)], padding - 1, payload)
  const length = padding - 2
  return joined([low, high | 2, 0xe0 | (length & 31), length >> 5], length, payload)
}

function joined(header: readonly number[], zeros: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(header.length + zeros + payload.length)
  out.set(header)
  out.set(payload, header.length + zeros)
  return out
}
