import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers one request; may leave the response open. */
export type CaptureAnswer = (response: ServerResponse, request: IncomingMessage) => void

/** An HTTP server with a list of answers, one per request; the last one is repeated. */
export class CaptureServer {
  readonly requests: IncomingMessage[] = []
  readonly #server: Server
  #port = 0

  constructor(...answers: readonly CaptureAnswer[]) {
    this.#server = createServer((request, response) => {
      const answer = answers[Math.min(this.requests.length, answers.length - 1)]
      this.requests.push(request)
      answer?.(response, request)
    })
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** @param user `name:password` for basic authentication */
  url(path: string, user = ''): string {
    return `http://${user === '' ? '' : `${user}@`}127.0.0.1:${this.#port}${path}`
  }

  /** Breaks every connection, and refuses new ones until `open`. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** Sends a capture in pieces, a given number of bytes every few milliseconds, then calls `end`. */
export function slowly(
  bytes: Uint8Array,
  end: (response: ServerResponse) => void,
  { piece = 20_000, everyMs = 5 } = {},
): CaptureAnswer {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'application/vnd.tcpdump.pcap' })
    let at = 0
    const timer = setInterval(() => {
      if (at >= bytes.length) {
        clearInterval(timer)
        end(response)
        return
      }
      response.write(bytes.subarray(at, at + piece))
      at += piece
    }, everyMs)
    response.on('close', () => clearInterval(timer))
  }
}

/** Breaks the connection. */
export const breaks = (response: ServerResponse): void => void response.socket?.destroy()
/** Keeps the connection open and sends nothing more. */
export const stays = (): void => undefined
