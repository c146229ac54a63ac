import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isLoopback } from '../contract/loopback.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { GuardedServer } from '../guard/guarded-server.ts'
import { endWith, rawReply } from '../guard/raw-replies.ts'
import { Connections } from './connections.ts'
import { Exchange } from './exchange.ts'
import { differences, HOST_SETTINGS, type HostSettings } from './host-settings.ts'
import { isLocalHostHeader, listen } from './listen.ts'
import type { Mount, MountHandle } from './mount.ts'
import { parseTarget, type RequestTarget } from './request-target.ts'

const MAX_HEADERS = 100
/** Methods that a mount can have. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']
/** A connection without traffic for this long is closed. */
const IDLE_MS = 120_000
const BODY_MS = 30_000

/** One user's share of a host. */
export interface HostUse {
  /** `http://HOST:PORT`, as this machine reaches it. */
  readonly origin: string
  /** Host that it listens on: a name, or an address, which may stand for all of this computer. */
  readonly host: string
  /** Connections that are open. */
  readonly connections: number
  /** The same one by one, and a number that changes with them. */
  readonly clients: Pick<Connections, 'clients' | 'progress'>
  /** Settings that its first user decided otherwise, as words of a sentence. */
  readonly ignored: readonly string[]
  /** @throws AppFailure port-in-use where another mount has that prefix */
  mount(mount: Mount): MountHandle
  /** Closes this user's mounts; the last user's close ends the server and every connection. */
  close(): Promise<void>
}

/** Hosts that are open or closing, by `host:port`. */
const hosts = new Map<string, Promise<HttpHost>>()

/**
 * Joins the server on a host and port, opening it for its first user. Port 0 is any free one, and a server of its own.
 * @throws AppFailure port-in-use | address-not-local | socket-failed
 */
export async function joinHttpHost(
  host: string,
  port: number,
  settings: HostSettings = HOST_SETTINGS,
): Promise<HostUse> {
  for (;;) {
    const shared = port === 0 ? undefined : hosts.get(keyOf(host, port))
    if (shared === undefined) break
    const one = await shared.catch(() => null)
    const use = one?.join(settings) ?? null
    if (use !== null) return use
    await one?.closed
  }
  const one = new HttpHost(host, settings)
  const opened = one.open(port)
  if (port !== 0) hosts.set(keyOf(host, port), opened)
  try {
    await opened
  } catch (error) {
    hosts.delete(keyOf(host, port))
    throw error
  }
  const key = keyOf(host, one.port)
  hosts.set(key, opened)
  void one.closed.then(() => hosts.delete(key))
  return one.join(settings) as HostUse
}

function keyOf(host: string, port: number): string {
  return `${host.toLowerCase()}:${port}`
}

type Mounted = {
  readonly mount: Mount
  readonly components: readonly string[]
  /** Responses and upgraded sockets that are open. */
  readonly open: Set<{ destroy(): unknown }>
  requests: number
  bytes: number
}

/**
 * The server of one host and port. It listens, routes requests to mounts, and handles for all of them limits, time limits,
 * malformed requests, Host checks, methods, CORS, and errors of peers.
 */
class HttpHost {
  readonly #host: string
  readonly #settings: HostSettings
  readonly #server: GuardedServer
  readonly #connections: Connections
  readonly #mounts = new Set<Mounted>()
  #origin = ''
  #port = 0
  /** A Host header that was found to be a name of ours. */
  #ownName: string | undefined = undefined
  #users = 0
  #closing = false
  #tellClosed: () => void = () => {}
  readonly closed = new Promise<void>((resolve) => {
    this.#tellClosed = resolve
  })

  constructor(host: string, settings: HostSettings) {
    this.#host = host
    this.#settings = settings
    this.#connections = new Connections(settings)
    this.#server = new GuardedServer(
      {
        maxHeaderSize: 16 * 1024,
        headersTimeout: 10_000,
        // Bodies have the time limit of their mount.
        requestTimeout: 0,
        keepAliveTimeout: settings.idleS * 1000,
        noDelay: true,
        ...(settings.blockBytes === null ? undefined : { highWaterMark: settings.blockBytes }),
      },
      {
        request: (request, response) => this.#respond(request, response),
        upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
        connected: (socket) => this.#connections.take(socket),
      },
      settings.tls === null ? null : { ...settings.tls, minVersion: 'TLSv1.2', honorCipherOrder: true },
    )
    this.#server.server.maxRequestsPerSocket = 1000
    this.#server.server.timeout = IDLE_MS
  }

  get port(): number {
    return this.#port
  }

  async open(port: number): Promise<this> {
    const bound = await listen(this.#server.server, this.#host, port)
    this.#server.listening()
    this.#port = bound.port
    this.#origin = `${this.#settings.tls === null ? 'http' : 'https'}://${bound.host}:${bound.port}`
    return this
  }

  /** Adds a user; null while the host closes. */
  join(settings: HostSettings): HostUse | null {
    if (this.#closing) return null
    this.#users++
    const mine = new Set<Mounted>()
    let left = false
    const connections = this.#connections
    return {
      origin: this.#origin,
      host: this.#host,
      clients: connections,
      ignored: differences(settings, this.#settings),
      get connections() {
        return connections.count
      },
      mount: (mount) => {
        const mounted = this.#add(mount)
        mine.add(mounted)
        return handleOf(mounted, () => {
          mine.delete(mounted)
          this.#remove(mounted)
        })
      },
      close: async () => {
        if (left) return
        left = true
        for (const mounted of mine) this.#remove(mounted)
        if (--this.#users === 0) await this.#close()
      },
    }
  }

  #add(mount: Mount): Mounted {
    for (const { mount: other } of this.#mounts) {
      if (other.prefix === mount.prefix)
        throw new AppFailure(
          'port-in-use',
          `${this.#origin}${mount.prefix}/ is already in use.`,
          'Choose another port, or another path on this one.',
        )
    }
    const components = mount.prefix === '' ? [] : mount.prefix.slice(1).split('/')
    const mounted: Mounted = { mount, components, open: new Set(), requests: 0, bytes: 0 }
    this.#mounts.add(mounted)
    this.#listenForUpgrades()
    return mounted
  }

  #remove(mounted: Mounted): void {
    this.#mounts.delete(mounted)
    this.#listenForUpgrades()
    for (const one of mounted.open) one.destroy()
  }

  async #close(): Promise<void> {
    this.#closing = true
    await this.#server.close()
    this.#tellClosed()
  }

  #mountFor(components: readonly string[]): Mounted | null {
    let best: Mounted | null = null
    for (const one of this.#mounts) {
      if (best !== null && best.components.length >= one.components.length) continue
      if (one.components.every((component, at) => components[at] === component)) best = one
    }
    return best
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const answering = (status: number): void => this.#connections.answering(status, response)
    const refuse = (status: number, sentence: string, headers: OutgoingHttpHeaders = {}): void => {
      const hooks = { sent: () => undefined, answering }
      const place = { prefix: '', target: EMPTY_TARGET }
      const exchange = new Exchange(request, response, place, { cors: 'off', methods: [] }, hooks)
      exchange.refuse({ status, sentence, headers })
    }
    if (this.#connections.begin(request, response)) {
      refuse(503, 'There are too many connections.', { 'Retry-After': 1 })
      return
    }
    const target = parseTarget(request.url ?? '/')
    const mounted = this.#mountFor(componentsOf(request, target))
    if (mounted === null) {
      refuse(404, 'There is nothing here.')
      return
    }
    const { mount } = mounted
    mounted.requests++
    mounted.open.add(response)
    response.on('close', () => mounted.open.delete(response))
    const below = typeof target === 'number' ? EMPTY_TARGET : belowPrefix(target, mounted.components.length)
    const place = { prefix: mount.prefix, target: below }
    const sent = (bytes: number): void => {
      mounted.bytes += bytes
    }
    const exchange = new Exchange(request, response, place, mount.rules, { sent, answering })
    this.#connections.answers(exchange)
    mount.arrived?.(exchange)
    // A body that was not asked for may still follow the answer, and would be taken for the next request.
    if (awaitsContinue(request)) response.shouldKeepAlive = false
    limitBody(exchange, mount.rules.bodyMs === undefined ? BODY_MS : mount.rules.bodyMs)
    this.#route(exchange, mounted, target).catch((error: unknown) => {
      mount.log?.('warning', `A request failed: ${error instanceof Error ? error.message : String(error)}`)
      try {
        exchange.refuse({ status: 500, sentence: 'The server failed on this request; the session log says why.' })
      } catch {
        response.destroy()
      }
    })
  }

  async #route(exchange: Exchange, { mount }: Mounted, target: RequestTarget | 400 | 414): Promise<void> {
    const { request } = exchange
    const { methods, otherMethods, admits } = mount.rules
    if (request.rawHeaders.length > 2 * MAX_HEADERS)
      return exchange.refuse({ status: 431, sentence: `More than ${MAX_HEADERS} header fields.` })
    if (namesSeveralHosts(request)) return exchange.refuse({ status: 400, sentence: 'There is more than one Host.' })
    if (!this.#isOurName(request, mount))
      return exchange.refuse({ status: 421, sentence: 'This address is served under another name.' })
    if (request.method === 'OPTIONS') {
      exchange.head(204, allowHeader(methods))
      return exchange.end()
    }
    if (!METHODS.includes(request.method ?? ''))
      return exchange.refuse({ status: 501, sentence: 'There is no such method here.' })
    if (!methods.includes(request.method ?? ''))
      return exchange.refuse({ status: 405, sentence: otherMethods, headers: allowHeader(methods) })
    if (target === 400) return exchange.refuse({ status: 400, sentence: 'The address is malformed.' })
    if (target === 414) return exchange.refuse({ status: 414, sentence: 'The address is too long.' })
    const refusal = admits?.(request, exchange.target) ?? null
    if (refusal !== null) return exchange.refuse(refusal)
    if (mount.rules.ownContinue !== true && !isReading(request)) exchange.continue()
    await mount.answer(exchange)
  }

  #isOurName(request: IncomingMessage, { rules }: Mount): boolean {
    const { host } = request.headers
    if (host !== undefined && host === this.#ownName) return true
    if (rules.localNames === 'loopback' && !isLoopback(this.#host)) return true
    if (!isLocalHostHeader(host, this.#host)) return false
    this.#ownName = host
    return true
  }

  #listenForUpgrades(): void {
    this.#server.takeUpgrades([...this.#mounts].some(({ mount }) => mount.upgrade !== undefined))
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#connections.upgrade(request)
    const target = parseTarget(request.url ?? '/')
    const mounted = this.#mountFor(componentsOf(request, target))
    const { mount, components, open } = mounted ?? {}
    if (
      typeof target === 'number' ||
      mount?.upgrade === undefined ||
      !this.#isOurName(request, mount) ||
      (mount.rules.admits?.(request, belowPrefix(target, components?.length ?? 0)) ?? null) !== null
    ) {
      endWith(socket, rawReply('403 Forbidden'))
      return
    }
    open?.add(socket)
    socket.on('close', () => open?.delete(socket))
    mount.upgrade({ request, socket, head })
  }
}

const EMPTY_TARGET: RequestTarget = { components: [''], written: [''], query: new URLSearchParams(), search: '' }

function allowHeader(methods: readonly string[]): OutgoingHttpHeaders {
  return { Allow: [...methods, 'OPTIONS'].join(', ') }
}

/** Path components to find a mount by; of an unreadable target, as written. */
function componentsOf(request: IncomingMessage, target: RequestTarget | 400 | 414): readonly string[] {
  if (typeof target !== 'number') return target.components
  return (request.url ?? '/').slice(1, 1024).split(/[/?]/)
}

function belowPrefix(target: RequestTarget, skip: number): RequestTarget {
  if (skip === 0) return target
  return { ...target, components: target.components.slice(skip), written: target.written.slice(skip) }
}

/** Whether a client sends the body of its request only once it is told to (RFC 9110 §10.1.1). */
function awaitsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue'
}

/** Whether a request reads only: no answer depends on its body. */
function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Ends the connection of a request whose body does not arrive in time, answered or not. */
function limitBody({ request, response }: Exchange, ms: number | null): void {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0
  if (ms === null || !hasBody) return
  const timer = setTimeout(() => {
    if (response.headersSent) request.destroy()
    else response.writeHead(408, { Connection: 'close', 'Content-Length': 0 }).end()
  }, ms)
  timer.unref()
  request.on('close', () => clearTimeout(timer))
  request.on('end', () => clearTimeout(timer))
}

function handleOf(mounted: Mounted, close: () => void): MountHandle {
  return {
    get requests() {
      return mounted.requests
    },
    get bytes() {
      return mounted.bytes
    },
    close,
  }
}

/** Of several Host fields others may have taken another one than we do (RFC 9112 §3.2). */
function namesSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count > 1
}
