import type { Exchange } from '../../http/exchange.ts'
import { parseTarget } from '../../http/request-target.ts'
import type { User } from '../access.ts'
import type { HookAnswer, HookRequest, RequestHook } from './hook.ts'

/** Bytes of a paced body that are sent at once. */
const PACED_BYTES = 8 * 1024

/**
 * Asks a hook about a request, and sends the reply where that is its own.
 * @returns the request to go on with, which may be for another file; null where it has been answered
 */
export async function askHook(
  exchange: Exchange,
  user: User | null,
  hook: RequestHook,
  failed: (text: string) => void,
): Promise<Exchange | null> {
  const gone = new AbortController()
  exchange.response.on('close', () => gone.abort())
  let answer: HookAnswer
  try {
    answer = await hook(requestOf(exchange, user), gone.signal)
  } catch (error) {
    failed(`The script failed on ${exchange.request.method} ${exchange.request.url}: ${(error as Error).message}`)
    exchange.refuse({ status: 500, sentence: 'The server failed on this request; the session log says why.' })
    return null
  }
  if (answer.kind === 'reply') {
    await reply(exchange, answer, failed)
    return null
  }
  exchange.add(answer.headers)
  exchange.paceBps = answer.bps
  if (answer.path === null) return exchange
  const target = parseTarget(answer.path.startsWith('/') ? encodeURI(answer.path) : '')
  if (typeof target !== 'number') return exchange.toward(target)
  failed(`The script named "${answer.path}", which is no path below the folders that are served.`)
  exchange.refuse({ status: 404, sentence: 'There is nothing here.' })
  return null
}

function requestOf({ request, target }: Exchange, user: User | null): HookRequest {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  )
  return {
    method: request.method ?? '',
    path: `/${target.components.join('/')}`,
    query: target.search,
    headers: Object.fromEntries(headers),
    peer: request.socket.remoteAddress ?? '',
    tls: 'encrypted' in request.socket,
    user: user?.name ?? null,
  }
}

async function reply(
  exchange: Exchange,
  { status, headers, body, bps }: Extract<HookAnswer, { kind: 'reply' }>,
  failed: (text: string) => void,
): Promise<void> {
  // What it uploads is dropped.
  exchange.response.shouldKeepAlive &&= exchange.request.complete
  exchange.request.resume()
  const length = body instanceof Uint8Array ? { 'Content-Length': body.byteLength } : undefined
  exchange.head(status, { ...headers, ...length })
  if (exchange.isHead) {
    exchange.end()
    return
  }
  exchange.paceBps = bps
  try {
    for await (const piece of body instanceof Uint8Array ? [body] : body) {
      for (let at = 0; at < piece.byteLength && !exchange.isOver; at += PACED_BYTES) {
        const part = piece.subarray(at, at + PACED_BYTES)
        await exchange.paced(part.byteLength)
        if (!exchange.write(part)) await exchange.drained()
      }
      if (exchange.isOver) return
    }
    exchange.end()
  } catch (error) {
    failed(`The script failed in the middle of a reply: ${(error as Error).message}`)
    exchange.response.destroy()
  }
}
