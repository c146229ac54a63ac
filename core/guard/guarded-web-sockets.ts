import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type GuardedPeer, guardErrors } from './guard-errors.ts'

const WEB_SOCKET: GuardedPeer = { topic: 'http', what: 'A WebSocket' }

/** WebSockets of admitted upgrades. A malformed or too long frame closes its own socket and nothing else. */
export class GuardedWebSockets {
  readonly #server: WebSocketServer

  /** @param maxPayload longest message, bytes */
  constructor(maxPayload: number) {
    this.#server = new WebSocketServer({ noServer: true, maxPayload })
    guardErrors(WEB_SOCKET, this.#server)
  }

  /** Answers the handshake, or refuses a malformed one. */
  accept(
    { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    take: (ws: WebSocket) => void,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      guardErrors(WEB_SOCKET, ws)
      take(ws)
    })
  }

  /** Ends every connection. */
  close(): void {
    for (const client of this.#server.clients) client.terminate()
  }
}
