import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How one request is answered: writes what it likes, and leaves or ends the response as it likes. */
export type CaptureAnswer = (response: ServerResponse, request: IncomingMessage) => void

/** An HTTP server that gives each request the next answer of a list, the last one for ever. */
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

  /** @param user `name:password` of basic authentication */
  url(path: string, user = ''): string {
    return `http://${user === '' ? '' : `${user}@`}127.0.0.1:${this.#port}${path}`
  }

  /** Breaks every connection; what follows is refused until `open`. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** Pieces of a capture, a given number of bytes every few milliseconds, then `end`. */
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

/** The connection breaks in the middle of everything. */
export const breaks = (response: ServerResponse): void => void response.socket?.destroy()
/** The connection stays open, and nothing more comes. */
export const stays = (): void => undefined
