import { shownText } from '../contract/shown-text.ts'
import type { Exchange } from '../http/exchange.ts'

const KNOWN = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']

/** Which requests are logged, and whether their ends are. */
export type LoggedRequests = {
  readonly methods: ReadonlySet<string>
  readonly files: boolean
  readonly ends: boolean
}

/**
 * Reads a list of methods, `*` for all, and `REC` for files that are written; a leading `-` leaves out the ends of requests.
 * @returns the word that is none
 */
export function readLoggedRequests(text: string): LoggedRequests | string {
  const words = text
    .replace(/^-/, '')
    .split(',')
    .flatMap((word) => word.trim().toUpperCase() || [])
  const methods = new Set<string>()
  for (const word of words) {
    if (word === '*') for (const method of KNOWN) methods.add(method)
    else if (KNOWN.includes(word)) methods.add(word)
    else if (word !== 'REC') return word
  }
  return { methods, files: words.includes('REC') || words.includes('*'), ends: !text.startsWith('-') }
}

/** Writes a line where a request begins, and one where it ends. */
export class RequestLog {
  readonly #logged: LoggedRequests
  readonly #write: (line: string) => void
  #count = 0

  constructor(logged: LoggedRequests, write: (line: string) => void) {
    this.#logged = logged
    this.#write = write
  }

  take({ request, response }: Exchange): void {
    const { method = '', headers, socket } = request
    if (!this.#logged.methods.has(method)) return
    const name = `REQ#${++this.#count}`
    const range = headers.range === undefined ? '' : ` [range: ${shownText(headers.range, 200)}]`
    this.#write(`${name} ${socket.remoteAddress ?? '-'} ${method} ${shownText(request.url ?? '/', 500)} start${range}`)
    if (!this.#logged.ends) return
    const startedMs = performance.now()
    const before = socket.bytesWritten
    response.on('close', () => {
      const ms = Math.max(1, Math.round(performance.now() - startedMs))
      if (!response.writableFinished) return this.#write(`${name} ${method} aborted after ${ms} ms`)
      const bytes = socket.bytesWritten - before
      const rate = Math.round((8 * bytes) / ms)
      this.#write(`${name} ${method} done: reply ${response.statusCode} - ${bytes} bytes in ${ms} ms at ${rate} kbps`)
    })
  }

  /** A file that has been written, or removed where it has no bytes. */
  written(path: string, bytes: number | null): void {
    if (!this.#logged.files) return
    this.#write(bytes === null ? `Removed ${shownText(path)}` : `Wrote ${shownText(path)}, ${bytes} bytes`)
  }
}
