import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export type Upload = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A server that notes what is uploaded, and answers as the test says. */
export class UploadServer {
  readonly uploads: Upload[] = []
  /** Most requests that were not answered yet at one time. */
  mostAtOnce = 0
  #open = 0
  readonly #server: Server

  /** @param answer status for a request, by how many of its path came before */
  constructor(answer: (upload: Upload, before: number) => number = () => 201) {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open)
      request.on('error', () => undefined)
      request.on('data', (piece: Buffer) => void pieces.push(piece))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const upload = { method, path: url, headers, body: Buffer.concat(pieces) }
        const before = this.uploads.filter(({ path }) => path === url).length
        this.uploads.push(upload)
        this.#open--
        response.writeHead(answer(upload, before)).end()
      })
    })
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
