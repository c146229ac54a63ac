import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { fetchResource, HTTP_LIMITS } from '../../http/client/fetch-resource.ts'
import { HttpClient } from '../../http/client/http-client.ts'
import { SYSTEM_CLOCK } from '../../http/client/http-clock.ts'
import { openStream } from '../../http/client/open-stream.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { mutate } from './mutate.ts'

const answer = (...lines: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(lines.join('\r\n'), 'latin1'))

/** What a server answers at each stage, before damage. */
const ANSWERS: readonly Uint8Array[] = [
  answer('HTTP/1.1 200 OK', 'Content-Length: 10', '', '0123456789'),
  answer('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-9/10', 'Content-Length: 10', '', '0123456789'),
  answer(
    'HTTP/1.1 206 Partial Content',
    'Content-Type: multipart/byteranges; boundary=b',
    'Content-Length: 79',
    '',
    '--b',
    'Content-Range: bytes 0-3/10',
    '',
    '0123',
    '--b',
    'Content-Range: bytes 5-6/10',
    '',
    '56',
    '--b--',
    '',
  ),
  answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', '01234', '5', '56789', '0', '', ''),
  answer('HTTP/1.1 301 Moved', 'Location: /b', 'Content-Length: 0', '', ''),
  answer('HTTP/1.1 302 Found', 'Location: http://[::1/', '', ''),
  answer('HTTP/1.1 503 Service Unavailable', 'Retry-After: 0', 'Content-Length: 0', '', ''),
  answer(
    'HTTP/1.1 100 Continue',
    '',
    'HTTP/1.1 103 Early Hints',
    'Link: <a>',
    '',
    'HTTP/1.1 200 OK',
    'Content-Length: 10',
    '',
    '0123456789',
  ),
  answer('HTTP/1.1 200 OK', 'Content-Encoding: gzip', 'Content-Length: 3', '', 'abc'),
  answer('ICY 200 OK', '', ''),
]

/** Answers under way at a time. */
const AT_ONCE = 16

/** Every stage of an answer to our HTTP client: repair, and captures that arrive for ever. */
export const answerTargets = (): FuzzTarget[] => [
  { name: 'answer to a repair', unit: 'answers', weight: 0.3, batch: 200, open: () => openServer(repair) },
  { name: 'answer to a capture stream', unit: 'answers', weight: 0.3, batch: 200, open: () => openServer(stream) },
]

type Ask = (client: HttpClient, url: string) => Promise<void>

const repair: Ask = async (client, url) => {
  const request = { url, range: [0, 10] as const, etag: null, total: 10, encoded: false, maxBytes: 1 << 20 }
  const limits = { ...HTTP_LIMITS, answerMs: 200, idleMs: 200 }
  await fetchResource(client, request, SYSTEM_CLOCK, limits, AbortSignal.timeout(1000))
}

const stream: Ask = async (_, url) => {
  try {
    const opened = await openStream(url, { answerMs: 200, stallMs: 200, maxRedirects: 3 })
    for await (const _bytes of opened.chunks);
  } catch {
    // A failure in words is right; that it settles is what is tried.
  }
}

async function openServer(ask: Ask): Promise<OpenTarget> {
  let next: (socket: Socket) => void = (socket) => socket.destroy()
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.once('data', () => next(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new HttpClient()
  const before = process.memoryUsage.rss()
  let faults = 0
  const count = (): void => {
    faults++
  }
  process.on('uncaughtException', count)
  process.on('unhandledRejection', count)
  return {
    async run(total, random, spent) {
      const below = (limit: number): number => Math.floor(random() * limit)
      next = (socket) => {
        const sample = ANSWERS[below(ANSWERS.length)] as Uint8Array
        const other = ANSWERS[below(ANSWERS.length)] as Uint8Array
        let bytes = random() < 0.7 ? mutate(sample, other, random) : sample
        if (random() < 0.3) bytes = bytes.subarray(0, below(bytes.length + 1))
        const how = below(3)
        socket.write(bytes, () => (how === 0 ? socket.resetAndDestroy() : how === 1 ? socket.end() : undefined))
      }
      for (let left = total; left > 0; left -= AT_ONCE) {
        const began = performance.now()
        const asks = Array.from({ length: Math.min(left, AT_ONCE) }, (_, at) =>
          ask(client, `http://127.0.0.1:${port}/${at}`),
        )
        await Promise.all(asks)
        spent(performance.now() - began)
        if (faults > 0) return 'an error reached the last resort'
      }
      return null
    },
    memory: () => Math.max(0, process.memoryUsage.rss() - before),
    async close() {
      await client.close()
      await new Promise((resolve) => server.close(resolve))
      process.off('uncaughtException', count)
      process.off('unhandledRejection', count)
      return null
    },
  }
}
