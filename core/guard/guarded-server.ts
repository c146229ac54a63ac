import { createServer, type IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import { type GuardedPeer, guardErrors, reportPeerError } from './guard-errors.ts'
import { endWith, rawReply, refuseMalformed } from './raw-replies.ts'

/**
 * Takes what arrives at a guarded server. What it throws ends that connection and is reported. A request that waits for a
 * "100 Continue" before it sends its body is taken like any other: who reads the body has to call `writeContinue`.
 */
export type ServerUser = {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void
  /** Takes WebSocket handshakes; other protocols that are offered are answered as ordinary requests. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Called for every connection, of TLS once it has been agreed on. */
  readonly connected?: (socket: Socket) => void
}

/** Connections of one server at a time; more are closed at once, so that files and sockets can still be opened. */
const MAX_CONNECTIONS = 4096

const SERVER: GuardedPeer = { topic: 'http', what: 'The HTTP server' }
const CONNECTION: GuardedPeer = { topic: 'http', what: 'A connection' }
const REQUEST: GuardedPeer = { topic: 'http', what: 'A request' }
const RESPONSE: GuardedPeer = { topic: 'http', what: 'A response' }

/**
 * An HTTP server that no peer can end: the only way to listen. Errors of its connections, requests, responses and upgraded
 * sockets are reported and dropped; malformed requests and CONNECT are refused.
 */
export class GuardedServer {
  readonly server: Server
  readonly #user: ServerUser
  readonly #sockets = new Set<Duplex>()

  /** @param tls certificate and key of a server that speaks TLS; null: plain HTTP */
  constructor(options: ServerOptions, user: ServerUser, tls: TlsOptions | null = null) {
    this.#user = user
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response)
    this.server = tls === null ? createServer(options, take) : createTlsServer({ ...options, ...tls }, take)
    this.server.maxConnections = MAX_CONNECTIONS
    this.server.on('drop', () => reportPeerError(CONNECTION, new Error(`More than ${MAX_CONNECTIONS} at a time`)))
    this.server.on('connection', (socket) => {
      guardErrors(CONNECTION, socket)
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      if (tls === null) user.connected?.(socket)
    })
    this.server.on('secureConnection', (socket) => {
      guardErrors(CONNECTION, socket)
      user.connected?.(socket)
    })
    this.server.on('tlsClientError', (error) => reportPeerError(CONNECTION, error))
    // Without a listener Node promises to read a body that may be refused.
    this.server.on('checkContinue', (request, response) => this.#take(request, response))
    this.server.on('clientError', refuseMalformed)
    this.server.on('connect', (_request, socket) => endWith(socket, rawReply('501 Not Implemented')))
  }

  /** Call after listening: from then on errors of the server concern accepted connections only. */
  listening(): void {
    guardErrors(SERVER, this.server)
  }

  /** Without upgrades Node serves a request that offers one (curl's h2c) as an ordinary one, as it should be. */
  takeUpgrades(take: boolean): void {
    this.server.off('upgrade', this.#upgrade)
    if (take) this.server.on('upgrade', this.#upgrade)
  }

  /** Ends the server and every connection, upgraded ones too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    guardErrors(REQUEST, request)
    guardErrors(RESPONSE, response)
    try {
      this.#user.request(request, response)
    } catch (error) {
      reportPeerError(REQUEST, error)
      request.destroy()
    }
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
      response.on('finish', () => endWith(socket, ''))
      this.#take(request, response)
      return
    }
    guardErrors(REQUEST, request)
    try {
      this.#user.upgrade(request, socket, head)
    } catch (error) {
      reportPeerError(REQUEST, error)
      socket.destroy()
    }
  }
}
