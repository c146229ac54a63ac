import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { StoredBytes, StoredFile } from '../files/stored-file.ts'
import { judgeConditions, rangeStillApplies, type Validators } from '../http/conditions.ts'
import type { Exchange } from '../http/exchange.ts'
import { isDocument, mediaTypeOf } from '../http/mime.ts'
import { contentRange, parseRange, resolveRange } from '../http/ranges.ts'

/** Segments do not change under their name, but a session that starts anew may use the name again. */
const SEGMENT_CACHE = 'public, max-age=5'

/**
 * Serves a stored file: conditions, one range, HEAD.
 * @returns false where its bytes are gone since it was found; nothing has been sent then
 */
export async function answerFile(
  exchange: Exchange,
  file: Pick<StoredFile, 'name' | 'kind' | 'contentType' | 'size' | 'complete' | 'patched'>,
  held: StoredBytes,
  validators: Validators,
): Promise<boolean> {
  if (held === null) return false
  const type = mediaTypeOf(file.name, file.contentType)
  const isSegment = file.kind === 'media' || file.kind === 'init'
  const headers = {
    ...validatorHeaders(validators),
    // Of a damaged file there may be a better one soon.
    'Cache-Control': !file.complete ? 'no-store' : isSegment ? SEGMENT_CACHE : 'no-cache',
    ...(file.complete ? {} : { 'X-Routescope-State': file.patched === undefined ? 'incomplete' : 'patched' }),
  }
  if (answerConditions(exchange, validators, headers)) return true
  const whole = {
    ...headers,
    'Content-Type': type,
    'Accept-Ranges': 'bytes',
    ...(isDocument(type) ? { 'Content-Security-Policy': "sandbox; default-src 'none'" } : {}),
  }
  const { request } = exchange
  const range =
    exchange.isHead || !rangeStillApplies(request.headers, validators) ? null : parseRange(request.headers.range)
  const part = range === null ? ([0, file.size] as const) : resolveRange(range, file.size)
  if (part === null) {
    exchange.refuse({
      status: 416,
      sentence: `The file has ${file.size} bytes; the range asked for lies outside.`,
      headers: { 'Content-Range': `bytes */${file.size}` },
    })
    return true
  }
  const [from, to] = part
  const head = {
    ...whole,
    'Content-Length': to - from,
    ...(range === null ? {} : { 'Content-Range': contentRange(part, file.size) }),
  }
  const status = range === null ? 200 : 206
  if (exchange.isHead || 'bytes' in held || to === from) {
    exchange.head(status, head)
    exchange.end('bytes' in held ? held.bytes.subarray(from, to) : undefined)
    return true
  }
  return streamFile(exchange, held.path, from, to, () => exchange.head(status, head))
}

/** 304 or 412 where the client's conditions ask for it. @returns true when it has been answered */
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
  return {
    ETag: etag,
    ...(modifiedMs === null ? {} : { 'Last-Modified': new Date(modifiedMs).toUTCString() }),
  }
}

/** @returns false when the file could not be opened: retention was quicker */
async function streamFile(
  exchange: Exchange,
  path: string,
  from: number,
  to: number,
  begin: () => void,
): Promise<boolean> {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return false
  try {
    if (exchange.isOver) return true
    begin()
    // The stream reads as fast as the client takes, so a slow one costs one buffer.
    await pipeline(
      handle.createReadStream({ start: from, end: to - 1, autoClose: false }),
      counted(exchange),
      exchange.response,
    )
  } catch {
    // The client left, or the file did: either way the connection says so.
    exchange.response.destroy()
  } finally {
    await handle.close().catch(() => undefined)
  }
  return true
}

function counted(exchange: Exchange): (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> {
  return async function* (source) {
    for await (const chunk of source) {
      exchange.count(chunk.byteLength)
      yield chunk
    }
  }
}
