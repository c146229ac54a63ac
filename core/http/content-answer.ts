import { pipeline } from 'node:stream/promises'
import { defined } from '../contract/defined.ts'
import { openRegular } from '../files/door.ts'
import { judgeConditions, rangeStillApplies, type Validators } from './conditions.ts'
import type { Exchange } from './exchange.ts'
import { contentRange, parseRange, resolveRange } from './ranges.ts'

/** Content to serve, in memory or in a file. */
export type Content = {
  readonly source: { readonly bytes: Uint8Array } | { readonly path: string }
  readonly size: number
  readonly mediaType: string
  readonly validators: Validators
  /** Cache-Control and the like: sent with 304 too. */
  readonly headers: Record<string, string>
}

/**
 * Serves content: conditions, one range, HEAD.
 * @returns false where its file was removed meanwhile; nothing has been sent then
 */
export async function answerContent(exchange: Exchange, content: Content): Promise<boolean> {
  const { source, size, mediaType, validators } = content
  const headers = { ...validatorHeaders(validators), ...content.headers }
  if (answerConditions(exchange, validators, headers)) return true
  const whole = {
    ...headers,
    'Content-Type': mediaType,
    'Accept-Ranges': 'bytes',
  }
  const { request } = exchange
  const range =
    exchange.isHead || !rangeStillApplies(request.headers, validators) ? null : parseRange(request.headers.range)
  const part = range === null ? ([0, size] as const) : resolveRange(range, size)
  if (part === null) {
    exchange.refuse({
      status: 416,
      sentence: `The file has ${size} bytes; the range asked for lies outside.`,
      headers: { 'Content-Range': `bytes */${size}` },
    })
    return true
  }
  const [from, to] = part
  const head = {
    ...whole,
    'Content-Length': to - from,
    ...(range === null ? undefined : { 'Content-Range': contentRange(part, size) }),
  }
  const status = range === null ? 200 : 206
  if (exchange.isHead || 'bytes' in source || to === from) {
    exchange.head(status, head)
    exchange.end('bytes' in source ? source.bytes.subarray(from, to) : undefined)
    return true
  }
  return streamFile(exchange, source.path, from, to, () => exchange.head(status, head))
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
  return {
    ETag: etag,
    ...defined({ 'Last-Modified': modifiedMs === null ? undefined : new Date(modifiedMs).toUTCString() }),
  }
}

/** Streams a file. @returns false where it could not be opened, because retention removed it */
async function streamFile(
  exchange: Exchange,
  path: string,
  from: number,
  to: number,
  begin: () => void,
): Promise<boolean> {
  const handle = await openRegular(path).catch(() => null)
  if (handle === null) return false
  try {
    if (exchange.isOver) return true
    begin()
    // The stream reads as fast as the client takes, so a slow client costs one buffer.
    await pipeline(
      handle.createReadStream({ start: from, end: to - 1, autoClose: false }),
      counted(exchange),
      exchange.response,
    )
  } catch {
    // The client left, or the file was removed: end the connection.
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
