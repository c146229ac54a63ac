import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { decode, encode } from '@msgpack/msgpack'
import sirv from 'sirv'
import { WebSocketServer } from 'ws'
import { safeRelativePath } from '../files/safe-name.ts'
import { isLocalHostHeader, listen } from './listen.ts'

/** The other end of one browser window: MessagePack messages over a WebSocket. */
export type BrowserWire = {
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/** What the server of the interface serves, and where. */
export type InterfaceServerOptions = {
  readonly host: string
  readonly port: number
  /** Folder of the built interface. */
  readonly pageDir: string
  /** Where captures dropped on the page are put until the session closes. */
  readonly uploadDir: string
  readonly onWindow: (wire: BrowserWire) => void
}

/** Largest capture a browser may upload. */
const UPLOAD_LIMIT_BYTES = 8 * 1024 ** 3

/** Events wait here while a browser is slow; above it snapshots are skipped rather than queued. */
const SOCKET_BACKLOG_BYTES = 4 * 1024 * 1024

/**
 * Serves the interface to a browser where there is no display: the page itself, one WebSocket per window, and uploads.
 * The page, `/engine` and `/upload` ask for the token of the printed address; the page's own files are harmless.
 */
export class InterfaceServer {
  readonly #options: InterfaceServerOptions
  readonly #token = randomBytes(18).toString('base64url')
  readonly #server = createServer((request, response) => this.#respond(request, response))
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 })
  readonly #page: ReturnType<typeof sirv>
  #uploads = 0

  constructor(options: InterfaceServerOptions) {
    this.#options = options
    this.#page = sirv(options.pageDir, { dev: false, etag: true, single: false })
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.#path(request) !== '/engine' || !this.#allowed(request)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        return
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        options.onWindow({
          post: (message) => {
            const skippable =
              typeof message === 'object' && message !== null && 'event' in message && message.event === 'snapshot'
            if (skippable && ws.bufferedAmount > SOCKET_BACKLOG_BYTES) return
            if (ws.readyState === ws.OPEN) ws.send(encode(message, { ignoreUndefined: true }))
          },
          onMessage: (listener) =>
            ws.on('message', (data) => {
              try {
                listener(decode(data as Buffer))
              } catch {
                ws.close(1003, 'not MessagePack')
              }
            }),
          onClose: (listener) => ws.on('close', listener),
        })
      })
    })
  }

  /** @returns the address to open, with its token. @throws AppFailure port-in-use | address-not-local | socket-failed */
  async open(): Promise<{ address: string }> {
    const { host, port } = await listen(this.#server, this.#options.host, this.#options.port)
    return { address: `http://${host}:${port}/?token=${this.#token}` }
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    if (!isLocalHostHeader(request.headers.host, this.#options.host)) {
      refuse(response, 421, 'This address is served under another name.')
      return
    }
    const path = this.#path(request)
    if (path === '/upload') {
      if (request.method !== 'POST') {
        refuse(response, 405, 'Uploads are sent with POST.')
        return
      }
      if (!this.#allowed(request)) {
        refuse(response, 403, 'The address lacks its token; open the address that was printed.')
        return
      }
      void this.#upload(request, response)
      return
    }
    // The page could do nothing without its engine; better said here than by a page that tries for ever.
    if ((path === '/' || path === '/index.html') && !this.#allowed(request)) {
      refuse(response, 403, 'The address lacks its token, or has an old one; open the address that was printed.')
      return
    }
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src blob: http://127.0.0.1:* http://localhost:*; " +
        "connect-src 'self' ws: http://127.0.0.1:* http://localhost:*; worker-src 'self' blob:; frame-ancestors 'none'",
    )
    this.#page(request, response, () => refuse(response, 404, 'There is nothing here.'))
  }

  async #upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const named = new URL(request.url ?? '/', 'http://local').searchParams.get('name') ?? 'capture'
    const name = safeRelativePath(
      basename(named.replaceAll('\\', '/'))
        .replace(/[^\w.-]+/g, '_')
        .slice(-120),
    )
    const folder = join(this.#options.uploadDir, String(++this.#uploads))
    const path = join(folder, name)
    try {
      await mkdir(folder, { recursive: true })
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > UPLOAD_LIMIT_BYTES) request.destroy()
      })
      await pipeline(request, createWriteStream(path))
      const body = JSON.stringify({ path })
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
        .end(body)
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined)
      refuse(
        response,
        507,
        `The capture could not be stored: ${error instanceof Error ? error.message : String(error)}.`,
      )
    }
  }

  #path(request: IncomingMessage): string {
    return (request.url ?? '/').split('?', 1)[0] ?? '/'
  }

  #allowed(request: IncomingMessage): boolean {
    const given = Buffer.from(new URL(request.url ?? '/', 'http://local').searchParams.get('token') ?? '')
    const token = Buffer.from(this.#token)
    return (
      given.length === token.length &&
      timingSafeEqual(given, token) &&
      isLocalHostHeader(request.headers.host, this.#options.host)
    )
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(sentence),
  })
  response.end(sentence)
}
