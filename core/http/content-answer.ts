import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { openRegular } from '../files/door.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { ByteRange } from '../flow/objects.ts'
import { judgeConditions, rangeStillApplies, type Validators } from './conditions.ts'
import type { Exchange } from './exchange.ts'
import { contentRange, parseRanges, resolveRanges } from './ranges.ts'

/** Content to serve: in memory, in a file, or in an open file that whoever opened it closes. */
export type Content = {
  readonly source: { readonly bytes: Uint8Array } | { readonly path: string } | { readonly handle: FileHandle }
  readonly size: number
  readonly mediaType: string
  /** Null: it has no tag, and conditions are ignored. */
  readonly validators: Validators | null
  /** Cache-Control and the like: sent with 304 too. */
  readonly headers: Record<string, string>
}

/** Bytes of a paced body that are sent at once. */
const PACED_BYTES = 8 * 1024
/** Bytes of a file that are read at once. */
const READ_BYTES = 128 * 1024

/** A piece of a body: bytes of the content, or others between them. */
type Piece = ByteRange | Uint8Array

/**
 * Serves content: conditions, HEAD, one range or several. Several ranges come one behind the other as GPAC sends them, or as
 * multipart/byteranges (RFC 9110 §14.6) where the client asks for that.
 * @returns false where its file was removed meanwhile; nothing has been sent then
 */
export async function answerContent(exchange: Exchange, content: Content): Promise<boolean> {
  const { size, mediaType, validators } = content
  const headers = { ...(validators === null ? undefined : validatorHeaders(validators)), ...content.headers }
  if (validators !== null && answerConditions(exchange, validators, headers)) return true
  const { request } = exchange
  const asked =
    exchange.isHead || (validators !== null && !rangeStillApplies(request.headers, validators))
      ? null
      : parseRanges(request.headers.range)
  const parts = asked === null ? null : resolveRanges(asked, size)
  if (parts?.length === 0) {
    exchange.refuse({
      status: 416,
      sentence: `The file has ${size} bytes; the range asked for lies outside.`,
      headers: { 'Content-Range': `bytes */${size}` },
    })
    return true
  }
  const { status, type, range, pieces } = bodyOf(parts, size, mediaType, wantsMultipart(exchange))
  const head = {
    'Accept-Ranges': 'bytes',
    ...headers,
    'Content-Type': type,
    'Content-Length': pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
    ...(range === undefined ? undefined : { 'Content-Range': range }),
  }
  return send(exchange, content, pieces, () => exchange.head(status, head))
}

/** Body and heading of an answer. */
function bodyOf(
  parts: readonly ByteRange[] | null,
  size: number,
  mediaType: string,
  multipart: boolean,
): { status: number; type: string; range?: string; pieces: readonly Piece[] } {
  if (parts === null) return { status: 200, type: mediaType, pieces: [[0, size]] }
  if (parts.length === 1 || !multipart) {
    const range = parts.map((part, at) => (at === 0 ? contentRange(part, size) : contentRange(part, size).slice(6)))
    return { status: 206, type: mediaType, range: range.join(', '), pieces: parts }
  }
  const boundary = randomBytes(12).toString('hex')
  const pieces = parts.flatMap((part) => [
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-Range: ${contentRange(part, size)}\r\n\r\n`,
    ),
    part,
  ])
  return {
    status: 206,
    type: `multipart/byteranges; boundary=${boundary}`,
    pieces: [...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)],
  }
}

function wantsMultipart(exchange: Exchange): boolean {
  return (
    exchange.request.headers['x-multirange'] === 'multipart' ||
    (exchange.request.headers.accept ?? '').toLowerCase().includes('multipart/byteranges')
  )
}

function isRange(piece: Piece): piece is ByteRange {
  return Array.isArray(piece)
}

function lengthOf(piece: Piece): number {
  return isRange(piece) ? piece[1] - piece[0] : piece.byteLength
}

async function send(
  exchange: Exchange,
  { source }: Content,
  pieces: readonly Piece[],
  begin: () => void,
): Promise<boolean> {
  if (exchange.isHead || pieces.every((piece) => lengthOf(piece) === 0)) {
    begin()
    exchange.end()
    return true
  }
  if ('bytes' in source) {
    if (exchange.paceBps !== null) return sendPaced(exchange, source.bytes, pieces, begin)
    const bytes = pieces.map((piece) => (isRange(piece) ? source.bytes.subarray(piece[0], piece[1]) : piece))
    begin()
    exchange.end(bytes.length === 1 ? bytes[0] : Buffer.concat(bytes))
    return true
  }
  if ('handle' in source) {
    await stream(exchange, source.handle, pieces, begin)
    return true
  }
  const handle = await openRegular(source.path).catch(() => null)
  // Retention removed it.
  if (handle === null) return false
  try {
    await stream(exchange, handle, pieces, begin)
  } finally {
    await handle.close().catch(() => undefined)
  }
  return true
}

/** Sends pieces of content in memory at the pace of the reply. */
async function sendPaced(
  exchange: Exchange,
  bytes: Uint8Array,
  pieces: readonly Piece[],
  begin: () => void,
): Promise<boolean> {
  begin()
  for (const piece of pieces) {
    const whole = isRange(piece) ? bytes.subarray(piece[0], piece[1]) : piece
    for (let at = 0; at < whole.byteLength && !exchange.isOver; at += PACED_BYTES) {
      const part = whole.subarray(at, at + PACED_BYTES)
      await exchange.paced(part.byteLength)
      if (!exchange.write(part)) await exchange.drained()
    }
  }
  exchange.end()
  return true
}

/** Sends pieces of an open file as fast as the client takes them, so that a slow client costs one buffer. */
async function stream(
  exchange: Exchange,
  handle: FileHandle,
  pieces: readonly Piece[],
  begin: () => void,
): Promise<void> {
  if (exchange.isOver) return
  begin()
  try {
    for (const piece of pieces) {
      if (isRange(piece)) await streamRange(exchange, handle, piece)
      else if (!exchange.isOver && !exchange.write(piece)) await exchange.drained()
    }
    if (!exchange.isOver) exchange.end()
  } catch {
    // The file was removed, or cannot be read: end the connection.
    exchange.response.destroy()
  }
}

async function streamRange(exchange: Exchange, handle: FileHandle, [from, to]: ByteRange): Promise<void> {
  const most = exchange.paceBps === null ? READ_BYTES : PACED_BYTES
  for (let at = from; at < to && !exchange.isOver; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(most, to - at))
    const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, at)
    // A shorter body than was announced must not look whole.
    if (bytesRead === 0) throw new Error('The file became shorter while it was served.')
    await exchange.paced(bytesRead)
    if (exchange.isOver) return
    at += bytesRead
    if (!exchange.write(chunk.subarray(0, bytesRead))) await exchange.drained()
  }
}

/** Answers 304 or 412 where the client's conditions ask for it. @returns whether it has answered */
export function answerConditions(exchange: Exchange, validators: Validators, headers: Record<string, string>): boolean {
  const verdict = judgeConditions(exchange.request.headers, validators)
  if (verdict === null) return false
  if (verdict === 304) {
    exchange.head(304, headers)
    exchange.end()
  } else exchange.refuse({ status: 412, sentence: 'The file is not the one that was asked for.' })
  return true
}

/** ETag and Last-Modified. */
export function validatorHeaders({ etag, modifiedMs }: Validators): Record<string, string> {
  return modifiedMs === null ? { ETag: etag } : { ETag: etag, 'Last-Modified': dateText(modifiedMs) }
}

/** Dates of files that were served last, by their seconds: writing one takes longer than the rest of a head. */
const DATES = new BoundedMap<number, string>(1024)

function dateText(ms: number): string {
  const second = Math.floor(ms / 1000)
  const known = DATES.get(second)
  if (known !== undefined) return known
  const text = new Date(ms).toUTCString()
  DATES.set(second, text)
  return text
}
