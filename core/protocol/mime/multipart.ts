import { indexOfBytes, latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { joinBytes } from '../../bytes/join-bytes.ts'
import { type MimeHeaders, parseMediaType, readHeaderBlock } from './headers.ts'

/** One part of a package. `body` is a view into the package. */
export type MimePart = {
  /** Names in lower case. */
  readonly headers: MimeHeaders
  /** As written, with parameters; empty where absent. */
  readonly contentType: string
  /** Content-Location, else Content-ID without its angle brackets, else null. */
  readonly contentLocation: string | null
  readonly body: Uint8Array
  /** Headers and body as a view: the bytes that a signature over the part covers. */
  readonly whole: Uint8Array
}

/** A `multipart/related` package; `type` is the announced media type of its root part. */
export type MimePackage = {
  readonly type: string | null
  readonly boundary: string
  readonly parts: readonly MimePart[]
}

/** A signalling package has fewer than ten parts, an NRT package some hundreds. */
const MAX_PARTS = 10_000
const MAX_BOUNDARY = 200 // RFC 2046 allows 70

/** True where bytes start like a package: with a `Content-Type: multipart/…` header or a delimiter line. */
export function isMultipart(bytes: Uint8Array): boolean {
  const head = latin1Text(bytes.subarray(0, 1024))
  if (/^\s*--[^\s-]/.test(head)) return true
  const blank = head.search(/\r?\n\r?\n/)
  return /(?:^|\n)content-type[ \t]*:\s*multipart\//i.test(blank < 0 ? head : head.slice(0, blank))
}

/**
 * Splits a package (RFC 2046 §5.1, RFC 2387) into its parts. Accepts forms found on air: folded headers, LF alone, an
 * unannounced boundary, a missing end, NULs and line ends after it. One line end before a delimiter belongs to the delimiter,
 * further ones to the part, as in other receivers (a GPAC manifest ends with two line ends and keeps one).
 * @throws CodecError `multipart-boundary` when there is no delimiter, `multipart-parts` for too many parts
 */
export function parseMultipart(bytes: Uint8Array): MimePackage {
  let start = 0
  while (start < bytes.length && isBlank(bytes[start] as number)) start++
  let type: string | null = null
  let boundary: string | null = null
  let at = start
  if (!(bytes[start] === 0x2d && bytes[start + 1] === 0x2d)) {
    const head = readHeaderBlock(bytes, start, bytes.length)
    const media = parseMediaType(head.headers['content-type'] ?? '')
    type = media.parameters.type ?? null
    boundary = media.parameters.boundary ?? null
    at = head.bodyStart
  }
  if (boundary === null || boundary === '') {
    const found = firstDelimiter(bytes, at)
    if (found === null)
      throw new CodecError('multipart-boundary', at, 'no boundary parameter and no line that starts with --')
    boundary = found
  }
  if (boundary.length > MAX_BOUNDARY) {
    throw new CodecError('multipart-boundary', start, `a boundary of ${boundary.length} characters is none`)
  }
  return { type, boundary, parts: split(bytes, at, boundary) }
}

function split(bytes: Uint8Array, start: number, boundary: string): MimePart[] {
  const delimiter = new TextEncoder().encode(`--${boundary}`)
  const parts: MimePart[] = []
  let partStart = -1
  let at = start
  let delimiters = 0
  while (at < bytes.length) {
    if (matches(bytes, at, delimiter) && endsDelimiter(bytes, at + delimiter.length)) {
      delimiters++
      if (partStart >= 0) parts.push(readPart(bytes, partStart, at, true))
      if (parts.length > MAX_PARTS) throw new CodecError('multipart-parts', at, `more than ${MAX_PARTS} parts`)
      const after = at + delimiter.length
      if (bytes[after] === 0x2d && bytes[after + 1] === 0x2d) return parts
      partStart = nextLine(bytes, after)
      at = partStart
    } else {
      at = nextLine(bytes, at)
    }
  }
  if (delimiters === 0)
    throw new CodecError('multipart-boundary', start, `no line starts with --${boundary.slice(0, 70)}`)
  if (partStart >= 0 && partStart < bytes.length) parts.push(readPart(bytes, partStart, bytes.length, false))
  return parts
}

/** @param delimited false for a last part without a delimiter at its end */
function readPart(bytes: Uint8Array, start: number, end: number, delimited: boolean): MimePart {
  const block = readHeaderBlock(bytes, start, end)
  const { headers } = block
  const bodyEnd = delimited ? beforeLineEnd(bytes, end) : trimmedEnd(bytes, block.bodyStart, end)
  const contentId = headers['content-id']
  return {
    headers,
    contentType: headers['content-type'] ?? '',
    contentLocation: headers['content-location'] ?? (contentId === undefined ? null : contentId.replace(/^<|>$/g, '')),
    body: bytes.subarray(block.bodyStart, Math.max(block.bodyStart, bodyEnd)),
    whole: bytes.subarray(start, Math.max(block.bodyStart, bodyEnd)),
  }
}

/** True where the rest of the line is a delimiter's: optional `--` and space; otherwise the line is content. */
function endsDelimiter(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at]
  if (byte === undefined || byte === 0x2d) return byte === undefined || bytes[at + 1] === 0x2d
  return byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x09 || byte === 0
}

function matches(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at + pattern.length > bytes.length) return false
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

function nextLine(bytes: Uint8Array, at: number): number {
  const lineFeed = bytes.indexOf(0x0a, at)
  return lineFeed < 0 ? bytes.length : lineFeed + 1
}

function firstDelimiter(bytes: Uint8Array, start: number): string | null {
  for (let at = start; at < bytes.length; at = nextLine(bytes, at)) {
    if (bytes[at] !== 0x2d || bytes[at + 1] !== 0x2d) continue
    const line = new TextDecoder('utf-8').decode(bytes.subarray(at + 2, Math.min(nextLine(bytes, at), at + 2 + 300)))
    const boundary = line.trimEnd()
    if (boundary !== '') return boundary
  }
  return null
}

function beforeLineEnd(bytes: Uint8Array, end: number): number {
  if (bytes[end - 1] !== 0x0a) return end
  return bytes[end - 2] === 0x0d ? end - 2 : end - 1
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && (bytes[at - 1] === 0 || bytes[at - 1] === 0x0a || bytes[at - 1] === 0x0d)) at--
  return at
}

/** Whether a byte is a space, a tab, or of a line break. */
export function isBlank(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x09
}

/** A part to write. */
export type NewMimePart = {
  readonly contentType: string
  readonly contentLocation: string
  readonly body: Uint8Array
}

/**
 * Writes a package. Some receivers (GPAC) search for the literal text `Content-Type: multipart/related` on one line and for
 * CRLF CRLF after headers, so it is written in exactly that form. They search the boundary anywhere, so no part may contain it.
 * @param options.type media type of the root part, the first one
 * @param options.binary says that line ends are those of the parts, and not to be changed
 * @throws CodecError `multipart-boundary` when a part contains the boundary
 */
export function serialiseMultipart(
  parts: readonly NewMimePart[],
  options: { readonly boundary: string; readonly type: string; readonly binary?: boolean },
): Uint8Array {
  const { boundary, type, binary = false } = options
  const encoder = new TextEncoder()
  const chunks: Uint8Array[] = [
    encoder.encode(
      `Content-Type: multipart/related; type="${type}"; boundary="${boundary}"\r\n${binary ? 'Content-Transfer-Encoding: binary\r\n' : ''}\r\n`,
    ),
  ]
  for (const part of parts) {
    if (contains(part.body, boundary)) {
      throw new CodecError('multipart-boundary', 0, `${part.contentLocation} contains the boundary ${boundary}`)
    }
    chunks.push(
      encoder.encode(
        `--${boundary}\r\nContent-Type: ${part.contentType}\r\nContent-Location: ${part.contentLocation}\r\n\r\n`,
      ),
      part.body,
      encoder.encode('\r\n'),
    )
  }
  chunks.push(encoder.encode(`--${boundary}--\r\n`))
  return joinBytes(chunks)
}

function contains(bytes: Uint8Array, text: string): boolean {
  return indexOfBytes(bytes, new TextEncoder().encode(text)) >= 0
}
