import { gunzipLimited, inflateLimitedTo, looksGzip } from './gzip.ts'

/** Names of no encoding, in lower case: RFC 9110 §8.4.1, and what senders write for want of a value. */
const NONE: ReadonlySet<string> = new Set(['', 'identity', 'null', 'none', 'binary'])
/** Encodings that are undone, by their names in lower case. Senders mix up the last three. */
const FORMS: Readonly<Record<string, 'gzip' | 'deflate'>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  'x-deflate': 'deflate',
  zlib: 'deflate',
}
/** Characters of a name that are kept: more is no name. */
const MAX_NAME = 60
/** Encodings one around the other that are undone: more are not known. */
const MAX_LAYERS = 2

/**
 * The encoding that a Content-Encoding names, wherever it stands: in lower case, without what stands for none; null for none.
 */
export function contentEncodingOf(named: string | null | undefined): string | null {
  if (named === null || named === undefined || named === 'gzip') return named ?? null
  const names = named
    .slice(0, 4 * MAX_NAME)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !NONE.has(name))
  return names.length === 0 ? null : names.join(', ').slice(0, MAX_NAME)
}

/** True of an encoding from `contentEncodingOf` that `decodeContent` undoes. */
export function isKnownEncoding(encoding: string): boolean {
  if (Object.hasOwn(FORMS, encoding)) return true
  const layers = layersOf(encoding)
  return layers.length <= MAX_LAYERS && layers.every((name) => Object.hasOwn(FORMS, name))
}

/** Whether bytes in an encoding that `decodeContent` undoes begin like it: all may, but those that gzip is named for last. */
export function looksEncoded(bytes: Uint8Array, encoding: string): boolean {
  return FORMS[layersOf(encoding).at(-1) as string] !== 'gzip' || looksGzip(bytes)
}

/** In the order in which they were applied (RFC 9110 §8.4). */
function layersOf(encoding: string): string[] {
  return encoding.split(', ')
}

/**
 * Undoes an encoding from `contentEncodingOf`, up to `maxBytes`, which hold for all of its layers together. Bytes named gzip that do not
 * begin like it are returned unchanged, and so are those of an unknown encoding. `deflate` and `zlib` are read with the frame of zlib and
 * without it, or as gzip.
 * @throws CodecError `gzip-too-large` | `gzip-truncated` | `gzip-corrupt`
 */
export function decodeContent(bytes: Uint8Array, encoding: string | null, maxBytes: number): Uint8Array {
  if (encoding === null || bytes.length === 0) return bytes
  if (Object.hasOwn(FORMS, encoding)) return decodeLayer(bytes, encoding, maxBytes)
  if (!isKnownEncoding(encoding)) return bytes
  let content = bytes
  let left = maxBytes
  for (const layer of layersOf(encoding).reverse()) {
    if (content.length === 0) break
    const inner = decodeLayer(content, layer, left)
    if (inner !== content) left -= inner.length
    content = inner
  }
  return content
}

function decodeLayer(bytes: Uint8Array, layer: string, maxBytes: number): Uint8Array {
  if (looksGzip(bytes)) return gunzipLimited(bytes, maxBytes)
  return FORMS[layer] === 'gzip' ? bytes : inflateLimitedTo(bytes, maxBytes)
}
