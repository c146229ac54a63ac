import { type PackedForm, UnpackError, unpack } from '#platform'
import { CodecError } from '../bytes/codec-error.ts'

/** Most bytes a signalling object may unpack to. */
export const MAX_SIGNALLING_BYTES = 16 << 20

/** True where bytes start like gzip (RFC 1952 §2.3.1). These two bytes decide; signalling bits about compression are hints. */
export function looksGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Unpacks gzip bytes up to `maxBytes`; bytes after the last member are ignored.
 * @throws CodecError `gzip-too-large` | `gzip-truncated` | `gzip-corrupt`
 */
export function gunzipLimited(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return unfold('gzip', bytes, maxBytes)
}

/**
 * Unpacks a document in any encoding of FLUTE (RFC 6726 §3.4.3): gzip, zlib, deflate, or none. The first bytes distinguish text
 * from packed bytes.
 * @throws CodecError as `gunzipLimited`
 */
export function unpackLimited(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const first = bytes.find((byte) => byte > 0x20)
  // `<`, or the byte order mark of UTF-8 or UTF-16.
  if (first === undefined || first === 0x3c || first === 0xef || first >= 0xfe) return bytes
  return looksGzip(bytes) ? gunzipLimited(bytes, maxBytes) : inflateLimitedTo(bytes, maxBytes)
}

/**
 * Unpacks bytes of `deflate`, with zlib's frame or without it: senders mean either.
 * @throws CodecError as `gunzipLimited`
 */
export function inflateLimitedTo(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const [first = 0, second = 0] = bytes
  const zlib = (first & 0x0f) === 8 && first >> 4 < 8 && (first * 256 + second) % 31 === 0
  return unfold(zlib ? 'zlib' : 'deflate', bytes, maxBytes)
}

function unfold(form: PackedForm, bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return unpack(form, bytes, maxBytes)
  } catch (thrown) {
    if (!(thrown instanceof UnpackError)) throw thrown
    if (thrown.reason === 'too-large') {
      throw new CodecError('gzip-too-large', 0, `${bytes.length} packed bytes unpack to more than ${maxBytes}`)
    }
    if (thrown.reason === 'truncated') {
      throw new CodecError('gzip-truncated', bytes.length, `the packed data ends early, after ${bytes.length} bytes`)
    }
    throw new CodecError('gzip-corrupt', 0, `the packed data is damaged: ${thrown.message}`)
  }
}

/** Unpacks gzip and returns everything else unchanged. @throws CodecError as `gunzipLimited` */
export function gunzipIfGzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return looksGzip(bytes) ? gunzipLimited(bytes, maxBytes) : bytes
}
