import { randomBytes, timingSafeEqual } from 'node:crypto'
import { decode, encode } from '@msgpack/msgpack'
import type { WebSocket } from 'ws'
import { GuardedWebSockets } from '../guard/guarded-web-sockets.ts'
import type { Refusal } from './exchange.ts'
import { type HostUse, joinHttpHost } from './http-host.ts'
import type { MountRules } from './mount.ts'
import type { RequestTarget } from './request-target.ts'
import { StaticFiles } from './static-files.ts'
import { Uploads } from './upload.ts'

/** The other end of one browser window: MessagePack messages over a WebSocket. */
export type BrowserWire = {
  post(message: unknown): void
  /** Whether the browser has not read all messages yet. */
  behind(): boolean
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/** Settings of the interface's server. */
export type InterfaceServerOptions = {
  readonly host: string
  readonly port: number
  /** Origin of what sessions receive: the only one that the page may ask besides its own. */
  readonly contentOrigin: string
  /** Folder of the built interface. */
  readonly pageDir: string
  /** Folder of captures dropped on the page, until the session closes. */
  readonly uploadDir: string
  readonly onWindow: (wire: BrowserWire) => void
}

/** Backlog of a slow browser above which sections wait until it has caught up. */
const SOCKET_BACKLOG_BYTES = 4 * 1024 * 1024

/** Headers that restrict what the page may load and request: its own host, and one port with what sessions receive. */
function pageHeaders({ host, contentOrigin }: InterfaceServerOptions, origin: string): Record<string, string> {
  const { port } = new URL(origin)
  // Some browsers take 'self' for pages and not for their WebSockets.
  const names = [...new Set(['127.0.0.1', 'localhost', host])].filter((name) => /^[a-z0-9.-]+$/i.test(name))
  const sockets = names.map((name) => `ws://${name}:${port}`).join(' ')
  return {
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': [
      "default-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      `media-src blob: data: ${contentOrigin}`,
      `connect-src 'self' blob: ${sockets} ${contentOrigin}`,
      "worker-src 'self' blob:",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-src 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  }
}

/**
 * Serves the interface to a browser where there is no display: the page itself, one WebSocket per window, and uploads.
 * The page, `/engine` and `/upload` need the token of the printed address; the page's own files are harmless.
 */
export class InterfaceServer {
  readonly #options: InterfaceServerOptions
  readonly #token = randomBytes(18).toString('base64url')
  readonly #sockets = new GuardedWebSockets(16 * 1024 * 1024)
  #use: HostUse | null = null

  constructor(options: InterfaceServerOptions) {
    this.#options = options
  }

  /** @returns the address to open, with its token. @throws AppFailure port-in-use | address-not-local | socket-failed */
  async open(): Promise<{ address: string }> {
    const use = await joinHttpHost(this.#options.host, this.#options.port)
    try {
      this.#mountAll(use)
    } catch (error) {
      await use.close()
      throw error
    }
    this.#use = use
    return { address: `${use.origin}/?token=${this.#token}` }
  }

  async close(): Promise<void> {
    this.#sockets.close()
    await this.#use?.close()
  }

  #mountAll(use: HostUse): void {
    const { pageDir, uploadDir } = this.#options
    const rules = {
      cors: 'off',
      methods: ['GET', 'HEAD'],
      otherMethods: 'Pages are read with GET or HEAD.',
      localNames: 'always',
    } as const satisfies MountRules
    const page = new StaticFiles(pageDir)
    use.mount({
      prefix: '',
      rules: {
        ...rules,
        headers: pageHeaders(this.#options, use.origin),
        admits: (_, target) => this.#admitsPage(target),
      },
      answer: (exchange) => page.answer(exchange),
    })
    const uploads = new Uploads(uploadDir)
    use.mount({
      prefix: '/upload',
      rules: {
        ...rules,
        methods: ['POST'],
        otherMethods: 'Uploads are sent with POST.',
        admits: (_, target) => this.#admits(target),
        bodyMs: null,
      },
      answer: (exchange) => uploads.answer(exchange),
    })
    use.mount({
      prefix: '/engine',
      rules: { ...rules, admits: (_, target) => this.#admits(target) },
      answer: (exchange) => exchange.refuse({ status: 404, sentence: 'There is nothing here.' }),
      upgrade: (upgrade) => this.#sockets.accept(upgrade, (ws) => this.#options.onWindow(wireOf(ws))),
    })
  }

  /** Refuses a wrong token here, since a page without its engine would retry for ever. */
  #admitsPage(target: RequestTarget): Refusal | null {
    const name = target.components.join('/')
    return name === '' || name === 'index.html' ? this.#admits(target) : null
  }

  #admits({ query }: RequestTarget): Refusal | null {
    const given = Buffer.from(query.get('token') ?? '')
    const token = Buffer.from(this.#token)
    if (given.length === token.length && timingSafeEqual(given, token)) return null
    return {
      status: 403,
      sentence: 'The address lacks its token, or has an old one; open the address that was printed.',
    }
  }
}

function wireOf(ws: WebSocket): BrowserWire {
  return {
    post: (message) => {
      if (ws.readyState === ws.OPEN) ws.send(encode(message, { ignoreUndefined: true }))
    },
    behind: () => ws.bufferedAmount > SOCKET_BACKLOG_BYTES,
    onMessage: (listener) =>
      ws.on('message', (data) => {
        try {
          listener(decode(data as Buffer))
        } catch {
          ws.close(1003, 'not MessagePack')
        }
      }),
    onClose: (listener) => ws.on('close', listener),
  }
}
