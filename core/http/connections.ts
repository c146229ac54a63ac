import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientActivity, ServedClient } from '../contract/served-requests.ts'
import { shownText } from '../contract/shown-text.ts'
import type { Exchange } from './exchange.ts'
import type { HostSettings } from './host-settings.ts'

/** A new connection is idle once it has said nothing for this long; before that its request is on its way. */
const SILENT_MS = 5000

/** Connections that are shown, and the longest text of one, in characters. */
const MAX_SHOWN = 256
const LONGEST_TEXT = 200

type Connection = {
  readonly peer: string
  readonly port: number
  /** From 1. */
  readonly number: number
  /** UNIX time in ms of its beginning. */
  readonly sinceWallMs: number
  requests: number
  /** The request that came last. */
  request: IncomingMessage | null
  /** The same as it is answered; null where the host itself does. */
  exchange: Exchange | null
  /** On the clock of `performance`, ms. */
  readonly since: number
  /** It speaks another protocol. */
  upgraded: boolean
  /** Refused: its first request gets 503. */
  readonly refused: boolean
  /** Whether a request came. */
  asked: boolean
  /** Replies that are on their way, or wait for one before them. */
  readonly open: Set<ServerResponse>
  /** Error replies since the last other one. */
  errors: number
  idle: ReturnType<typeof setTimeout> | null
}

/** Connections of a host: how many there may be, of all and of one peer, how long they may be idle, how often they may err. */
export class Connections {
  readonly #settings: HostSettings
  /** The longest idle first, of those that are idle. */
  readonly #known = new Map<Socket, Connection>()
  #total = 0

  constructor(settings: HostSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#known.size
  }

  /** Connections so far, and those that are open: the oldest first, at most as many as are shown. */
  clients(): { readonly total: number; readonly clients: readonly ServedClient[] } {
    const open = [...this.#known].sort(([, one], [, other]) => one.number - other.number)
    return {
      total: this.#total,
      clients: open.slice(0, MAX_SHOWN).map(([socket, connection]) => shown(socket, connection)),
    }
  }

  /** A number that changes with `clients`. */
  progress(): number {
    let sum = this.#total + this.#known.size
    for (const [socket, { requests, open }] of this.#known)
      sum += requests + open.size + socket.bytesWritten + socket.bytesRead
    return sum
  }

  /** Takes a new connection. One too many is refused at its first request; twice as many are closed at once. */
  take(socket: Socket): void {
    const { connections, connectionsPerPeer, idleS } = this.#settings
    const peer = socket.remoteAddress ?? ''
    if (connections > 0 && this.#known.size >= 2 * connections) {
      socket.destroy()
      return
    }
    const refused =
      (connections > 0 && this.#known.size >= connections) ||
      (connectionsPerPeer > 0 && this.#countOf(peer) >= connectionsPerPeer && !this.#closeIdle(peer))
    const since = performance.now()
    const connection: Connection = {
      peer,
      port: socket.remotePort ?? 0,
      number: ++this.#total,
      sinceWallMs: Date.now(),
      requests: 0,
      request: null,
      exchange: null,
      since,
      upgraded: false,
      refused,
      asked: false,
      open: new Set(),
      errors: 0,
      idle: null,
    }
    this.#known.set(socket, connection)
    socket.on('close', () => {
      if (connection.idle !== null) clearTimeout(connection.idle)
      this.#known.delete(socket)
      // Node tells the end only of the reply that had begun, not of those to requests that were pipelined behind it.
      for (const response of [...connection.open])
        if (response.socket !== socket) {
          response.destroy()
          response.emit('close')
        }
    })
    // Later ones are Node's, which counts from the end of a reply.
    if (idleS > 0) {
      connection.idle = setTimeout(() => socket.destroy(), idleS * 1000)
      connection.idle.unref()
    }
  }

  /** Takes a request. @returns whether its connection was one too many */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request
    const connection = this.#known.get(socket)
    if (connection === undefined) return false
    if (connection.idle !== null) clearTimeout(connection.idle)
    connection.idle = null
    connection.asked = true
    connection.open.add(response)
    connection.requests++
    connection.request = request
    connection.exchange = null
    response.on('close', () => {
      connection.open.delete(response)
      // To the end: it has become idle last.
      if (this.#known.delete(socket)) this.#known.set(socket, connection)
    })
    return connection.refused
  }

  /** A request that was begun is answered by a mount. */
  answers(exchange: Exchange): void {
    const connection = this.#known.get(exchange.request.socket)
    if (connection !== undefined) connection.exchange = exchange
  }

  /** Takes a connection that now speaks another protocol: it is never idle. */
  upgrade(request: IncomingMessage): void {
    const connection = this.#known.get(request.socket)
    if (connection === undefined) return
    connection.upgraded = true
    connection.requests++
    connection.request = request
    connection.exchange = null
    if (connection.idle !== null) clearTimeout(connection.idle)
  }

  /** Called before the head of a reply is written. */
  answering(status: number, response: ServerResponse): void {
    const { closes, errors } = this.#settings
    const connection = this.#known.get(response.req.socket)
    if (closes || connection?.refused === true) response.shouldKeepAlive = false
    if (connection === undefined) return
    connection.errors = status < 400 ? 0 : connection.errors + 1
    if (errors > 0 && connection.errors >= errors) response.shouldKeepAlive = false
  }

  #countOf(peer: string): number {
    let count = 0
    for (const one of this.#known.values()) if (one.peer === peer) count++
    return count
  }

  /** Closes the connection of a peer that has been idle longest. @returns whether there was one */
  #closeIdle(peer: string): boolean {
    for (const [socket, one] of this.#known) {
      const idle = one.open.size === 0 && !one.upgraded && (one.asked || performance.now() - one.since > SILENT_MS)
      if (one.peer !== peer || !idle) continue
      this.#known.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}

function shown(socket: Socket, connection: Connection): ServedClient {
  const { number, peer, port, sinceWallMs, requests, request } = connection
  const agent = request?.headers['user-agent']
  return {
    number,
    // An IPv4 client of a server on all addresses.
    address: peer.replace(/^::ffff:/, ''),
    port,
    sinceUs: sinceWallMs * 1000,
    requests,
    sentBytes: socket.bytesWritten,
    receivedBytes: socket.bytesRead,
    doing: activityOf(connection),
    target: request === null ? null : shownText(`${request.method} ${request.url}`, LONGEST_TEXT),
    userAgent: agent === undefined ? null : shownText(agent, LONGEST_TEXT),
  }
}

function activityOf({ upgraded, open, request, exchange }: Connection): ClientActivity {
  if (upgraded) return 'upgraded'
  if (open.size === 0) return 'idle'
  if (exchange === null) return 'waiting'
  const { facts, response } = exchange
  if (response.headersSent) return 'answering'
  if (facts.held !== null && facts.held.forMs === null) return 'held'
  return facts.received > 0 && request?.complete === false ? 'uploading' : 'waiting'
}
