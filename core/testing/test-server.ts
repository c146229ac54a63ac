import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpClock } from '../http/client/http-clock.ts'

export type Seen = {
  readonly path: string
  readonly range: string | null
  readonly headers: IncomingMessage['headers']
}
/** Answers one request; `file` is the content at its path. */
export type Answering = (request: IncomingMessage, response: ServerResponse, file: Uint8Array | undefined) => void

/** An HTTP server on loopback for tests: correct by default, or as a test defines it. */
export class TestServer {
  readonly files = new Map<string, Uint8Array>()
  readonly seen: Seen[] = []
  answer: Answering = serveWell
  #most = 0
  #now = 0
  readonly #server = createServer((request, response) => {
    this.#now++
    this.#most = Math.max(this.#most, this.#now)
    response.on('close', () => this.#now--)
    const path = decodeURIComponent(request.url ?? '')
    this.seen.push({ path, range: request.headers.range ?? null, headers: request.headers })
    this.answer(request, response, this.files.get(path))
  })

  static async open(files: Record<string, Uint8Array> = {}): Promise<TestServer> {
    const one = new TestServer()
    for (const [path, bytes] of Object.entries(files)) one.files.set(path, bytes)
    await new Promise<void>((resolve) => one.#server.listen(0, '127.0.0.1', resolve))
    return one
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Requested ranges so far, as written. */
  get ranges(): (string | null)[] {
    return this.seen.map(({ range }) => range)
  }

  /** Most requests open at the same time. */
  get parallel(): number {
    return this.#most
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

/** `bytes=a-b` or `bytes=a-` of `size` bytes, half-open. */
export function rangeOf(request: IncomingMessage, size: number): [number, number] | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (match === null) return null
  return [Number(match[1]), match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)]
}

/** Correct answers: 404, 200, or 206 with Content-Range and an ETag. */
export function serveWell(request: IncomingMessage, response: ServerResponse, file: Uint8Array | undefined): void {
  if (file === undefined) {
    response.writeHead(404).end('no such file')
    return
  }
  const range = rangeOf(request, file.length)
  const headers = { ETag: '"one"', 'Accept-Ranges': 'bytes' }
  if (range === null) {
    response.writeHead(200, { ...headers, 'Content-Length': file.length }).end(file)
    return
  }
  if (range[0] >= file.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${file.length}` }).end()
    return
  }
  const [from, to] = range
  const partial = { 'Content-Range': `bytes ${from}-${to - 1}/${file.length}`, 'Content-Length': to - from }
  response.writeHead(206, { ...headers, ...partial }).end(file.subarray(from, to))
}

/** A clock that tests advance; waits up to `instantMs` end at once. */
export class TestClock implements HttpClock {
  readonly instantMs: number
  chance = 0
  #ms = 1_000_000
  readonly #timers = new Set<{ readonly atMs: number; readonly call: () => void }>()

  constructor(instantMs = 100) {
    this.instantMs = instantMs
  }

  nowMs = (): number => this.#ms
  wallMs = (): number => 1_767_225_600_000 + this.#ms
  random = (): number => this.chance

  after(ms: number, call: () => void): () => void {
    if (ms <= this.instantMs) {
      const soon = setImmediate(() => {
        this.advance(ms)
        call()
      })
      return () => clearImmediate(soon)
    }
    const timer = { atMs: this.#ms + ms, call }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(ms: number): void {
    this.#ms += ms
    for (const timer of [...this.#timers].sort((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs > this.#ms) break
      this.#timers.delete(timer)
      timer.call()
    }
  }
}
