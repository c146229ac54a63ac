import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HostSettings } from './host-settings.ts'

/** A new connection is idle once it has said nothing for this long; before that its request is on its way. */
const SILENT_MS = 5000

type Connection = {
  readonly peer: string
  /** On the clock of `performance`, ms. */
  readonly since: number
  /** Refused: its first request gets 503. */
  readonly refused: boolean
  /** Whether a request came. */
  asked: boolean
  /** Requests that are being answered. */
  open: number
  /** Error replies since the last other one. */
  errors: number
  idle: ReturnType<typeof setTimeout> | null
}

/** Connections of a host: how many there may be, of all and of one peer, how long they may be idle, how often they may err. */
export class Connections {
  readonly #settings: HostSettings
  /** The longest idle first, of those that are idle. */
  readonly #known = new Map<Socket, Connection>()

  constructor(settings: HostSettings) {
    this.#settings = settings
  }

  get count(): number {
    return this.#known.size
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
    const connection: Connection = { peer, since, refused, asked: false, open: 0, errors: 0, idle: null }
    this.#known.set(socket, connection)
    socket.on('close', () => {
      if (connection.idle !== null) clearTimeout(connection.idle)
      this.#known.delete(socket)
    })
    // Later ones are Node's, which counts from the end of a reply.
    if (idleS > 0) {
      connection.idle = setTimeout(() => socket.destroy(), idleS * 1000)
      connection.idle.unref()
    }
  }

  /** Takes a request. @returns whether its connection was one too many */
  begin({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#known.get(socket)
    if (connection === undefined) return false
    if (connection.idle !== null) clearTimeout(connection.idle)
    connection.idle = null
    connection.asked = true
    connection.open++
    response.on('close', () => {
      connection.open--
      // To the end: it has become idle last.
      if (this.#known.delete(socket)) this.#known.set(socket, connection)
    })
    return connection.refused
  }

  /** Takes a connection that now speaks another protocol: it is never idle. */
  upgrade({ socket }: IncomingMessage): void {
    const connection = this.#known.get(socket)
    if (connection === undefined) return
    if (connection.idle !== null) clearTimeout(connection.idle)
    connection.open++
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
      const idle = one.open === 0 && (one.asked || performance.now() - one.since > SILENT_MS)
      if (one.peer !== peer || !idle) continue
      this.#known.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
