import { latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { type MimeHeaders, readHeaderBlock } from './headers.ts'

/** An object of entity mode (formatId 2): HTTP entity headers, an empty line, and the body. A/331 A.3.3.3, RFC 9223 §4. */
export type Entity = {
  /** Names in lower case. */
  readonly headers: MimeHeaders
  readonly contentLocation: string | null
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly contentLength: number | null
  /** Content-Range of a partial object; `total` null where the sender wrote `*`. */
  readonly contentRange: { readonly first: number; readonly last: number; readonly total: number | null } | null
  /** A view, or a joined copy of an HTTP-chunked body. */
  readonly body: Uint8Array
}

/**
 * Splits an entity object. There is no status line: the first line is a header. A chunked body is joined.
 * @throws CodecError `entity-header` when there is no header, `entity-chunk` for broken chunks
 */
export function parseEntity(bytes: Uint8Array): Entity {
  const { headers, bodyStart } = readHeaderBlock(bytes, 0, bytes.length)
  if (Object.keys(headers).length === 0)
    throw new CodecError('entity-header', 0, 'the object does not start with a header')
  const chunked = /\bchunked\b/i.test(headers['transfer-encoding'] ?? '')
  return {
    headers,
    contentLocation: headers['content-location'] ?? null,
    contentType: headers['content-type'] ?? null,
    contentEncoding: headers['content-encoding'] ?? null,
    contentLength: uint(headers['content-length']),
    contentRange: range(headers['content-range']),
    body: chunked ? joinChunks(bytes, bodyStart) : bytes.subarray(bodyStart),
  }
}

function joinChunks(bytes: Uint8Array, start: number): Uint8Array {
  const chunks: Uint8Array[] = []
  let total = 0
  let at = start
  while (at < bytes.length) {
    let lineEnd = bytes.indexOf(0x0a, at)
    if (lineEnd < 0) lineEnd = bytes.length
    const line = latin1Text(bytes.subarray(at, Math.min(lineEnd, at + 64)))
    const digits = /^\s*([0-9a-fA-F]{1,8})\s*(?:;|$)/.exec(line)?.[1]
    if (digits === undefined) throw new CodecError('entity-chunk', at, `no chunk size at byte ${at}`)
    const size = Number.parseInt(digits, 16)
    if (size === 0) break
    at = lineEnd + 1
    if (size > bytes.length - at) {
      throw new CodecError('entity-chunk', at, `a chunk of ${size} bytes, ${Math.max(0, bytes.length - at)} are left`)
    }
    chunks.push(bytes.subarray(at, at + size))
    total += size
    at += size
    if (bytes[at] === 0x0d) at++
    if (bytes[at] === 0x0a) at++
  }
  const joined = new Uint8Array(total)
  let to = 0
  for (const chunk of chunks) {
    joined.set(chunk, to)
    to += chunk.length
  }
  return joined
}

function range(text: string | undefined): Entity['contentRange'] {
  const match = /^\s*bytes[ =]+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(text ?? '')
  if (match === null) return null
  const [, first, last, total] = match
  return { first: Number(first), last: Number(last), total: total === '*' ? null : Number(total) }
}

function uint(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null
}
