import type { RequestsSnapshot, ServedRequest } from '../contract/served-requests.ts'
import { shownText } from '../contract/shown-text.ts'
import { Version } from '../flow/version.ts'
import type { Exchange } from '../http/exchange.ts'

/** Requests that are kept. The next one takes the place of the oldest. */
const KEPT = 400
/** Longest path, and longest Range header, that is kept, in characters. */
const LONGEST_TARGET = 500
const LONGEST_RANGE = 120

type Row = { -readonly [Field in keyof ServedRequest]: ServedRequest[Field] }

/** A request whose reply has not ended. */
type OpenRequest = { readonly row: Row; readonly exchange: Exchange }

/** The newest requests of a server, for a window. */
export class RequestTable {
  readonly #baseUrl: string
  readonly #nowUs: () => number
  readonly #places: Row[] = []
  /** By number; at most as many as are kept. */
  readonly #open = new Map<number, OpenRequest>()
  readonly #version = new Version()
  #total = 0
  #ended = 0

  /** @param nowUs wall clock, µs */
  constructor(baseUrl: string, nowUs: () => number) {
    this.#baseUrl = baseUrl
    this.#nowUs = nowUs
  }

  /**
   * Adds a request that has arrived, and follows it to the end of its reply.
   * @param left prefix of its path that is part of the server's address, or a secret
   */
  take(exchange: Exchange, left = ''): void {
    const { request, response } = exchange
    const { headers, socket } = request
    const number = ++this.#total
    const row: Row = {
      number,
      timeUs: this.#nowUs(),
      // An IPv4 client of a server on all addresses.
      client: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      method: request.method ?? '',
      target: shownText(withoutPrefix(request.url ?? '/', left), LONGEST_TARGET),
      range: headers.range === undefined ? null : shownText(headers.range, LONGEST_RANGE),
      state: 'waiting',
      status: null,
      sentBytes: 0,
      receivedBytes: 0,
      durationUs: null,
      heldFor: null,
      heldSinceUs: null,
      heldUs: null,
      error: null,
    }
    this.#places[(number - 1) % KEPT] = row
    this.#open.delete(number - KEPT)
    this.#open.set(number, { row, exchange })
    response.on('close', () => {
      this.#update(row, exchange)
      row.state = response.writableFinished ? 'done' : 'broken'
      row.durationUs = Math.max(0, this.#nowUs() - row.timeUs)
      this.#open.delete(number)
      this.#ended++
    })
  }

  version(): number {
    let progress = 0
    for (const { exchange } of this.#open.values()) {
      const { sent, received, held } = exchange.facts
      progress +=
        sent + received + (exchange.response.headersSent ? 1 : 0) + (held === null ? 0 : held.forMs === null ? 1 : 2)
    }
    return this.#version.of(this.#total, this.#ended, progress)
  }

  snapshot(): RequestsSnapshot {
    for (const { row, exchange } of this.#open.values()) this.#update(row, exchange)
    return { baseUrl: this.#baseUrl, total: this.#total, places: this.#places }
  }

  #update(row: Row, { response, facts: { sent, received, held, error } }: Exchange): void {
    row.sentBytes = sent
    row.receivedBytes = received
    row.error = error
    if (held !== null) {
      row.heldFor = held.why
      row.heldSinceUs ??= Math.round(this.#nowUs() - (performance.now() - held.sinceMs) * 1000)
      row.heldUs = held.forMs === null ? null : Math.round(held.forMs * 1000)
    }
    if (!response.headersSent) return
    row.state = 'answering'
    row.status = response.statusCode
  }
}

function withoutPrefix(url: string, prefix: string): string {
  return prefix !== '' && url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url
}
