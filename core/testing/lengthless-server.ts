import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** An upload as it came, with the number of its connection, from 0. */
export type LengthlessUpload = {
  readonly line: string
  readonly body: string
  readonly connection: number
}

const HEAD_END = '\r\n\r\n'

/**
 * A server that answers uploads as GPAC's does: once it has the whole of one, with a head that says neither how long the answer is nor
 * that the connection ends, which it then keeps open.
 */
export class LengthlessServer {
  readonly uploads: LengthlessUpload[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connections = 0

  constructor() {
    this.#server = createServer((socket) => {
      const connection = this.#connections++
      let text = ''
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString('latin1')
        for (let upload = readUpload(text); upload !== null; upload = readUpload(text)) {
          text = text.slice(upload.end)
          this.uploads.push({ line: upload.line, body: upload.body, connection })
          socket.write(
            `HTTP/1.1 201 Created\r\nServer: test\r\nConnection: keep-alive\r\nContent-Location: /x${HEAD_END}`,
          )
        }
      })
    })
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** Reads the upload at the beginning of a text; null where not all of it has come. */
function readUpload(text: string): { readonly line: string; readonly body: string; readonly end: number } | null {
  const head = text.indexOf(HEAD_END)
  if (head < 0) return null
  const [line = '', ...fields] = text.slice(0, head).split('\r\n')
  const begin = head + HEAD_END.length
  const length = fields.flatMap((field) => /^content-length: (\d+)$/i.exec(field)?.[1] ?? [])[0]
  if (length !== undefined) {
    const end = begin + Number(length)
    return text.length < end ? null : { line, body: text.slice(begin, end), end }
  }
  if (!fields.some((field) => /^transfer-encoding: chunked$/i.test(field))) return { line, body: '', end: begin }
  let body = ''
  for (let at = begin; ; ) {
    const [first, digits] = /^([\da-f]+)\r\n/i.exec(text.slice(at, at + 16)) ?? []
    if (first === undefined || digits === undefined) return null
    const from = at + first.length
    const size = Number.parseInt(digits, 16)
    at = from + size + 2
    if (text.length < at) return null
    if (size === 0) return { line, body, end: at }
    body += text.slice(from, from + size)
  }
}
