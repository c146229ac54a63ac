import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { defined } from '../contract/defined.ts'
import type { HoldReason } from '../contract/served-requests.ts'
import { type CorsRules, corsHeaders } from './cors.ts'
import type { RequestTarget } from './request-target.ts'

/** An error reply. */
export type Refusal = {
  readonly status: number
  /** One plain sentence for a person. */
  readonly sentence: string
  /** One word for programs: the header X-Routescope-State. */
  readonly state?: string
  readonly headers?: OutgoingHttpHeaders
  /** Facts for programs, added to the JSON form. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Rules of all replies of one mount. */
export type ReplyRules = CorsRules & {
  readonly methods: readonly string[]
  readonly headers?: OutgoingHttpHeaders
  /** Headers that are made anew for every reply. */
  readonly stamp?: () => OutgoingHttpHeaders
}

/** What a host does with every reply. */
export type ReplyHooks = {
  /** Called with the body bytes of each write. */
  readonly sent: (bytes: number) => void
  /** Called before the head of a reply is written. */
  readonly answering?: (status: number, response: ServerResponse) => void
}

/** What has become of a request so far. */
export type ExchangeFacts = {
  /** Body bytes of the request, and of the reply. */
  received: number
  sent: number
  /** What it waits, or has waited, for; `sinceMs` is on the clock of `performance`, `forMs` null while it waits. */
  held: { readonly why: HoldReason; readonly sinceMs: number; forMs: number | null } | null
  /** Why it was refused. */
  error: string | null
}

/** A client that still sends gets time to read why it is refused, ms: altogether, and since its last bytes. */
const LINGER_MS = 10_000
const LINGER_IDLE_MS = 2000

/** One request and its reply, with what all replies have in common. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Prefix of the mount that answers. */
  readonly prefix: string
  /** Target below the prefix. */
  readonly target: RequestTarget
  /** Shared by the exchanges for other targets. */
  #facts: ExchangeFacts = { received: 0, sent: 0, held: null, error: null }
  #common: OutgoingHttpHeaders
  readonly #stamp: ReplyRules['stamp']
  readonly #rules: ReplyRules
  readonly #hooks: ReplyHooks
  /** Pace of the body, bytes per second; null: any. */
  paceBps: number | null = null
  #paced: { readonly sinceMs: number; bytes: number } | null = null

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    place: { readonly prefix: string; readonly target: RequestTarget },
    rules: ReplyRules,
    hooks: ReplyHooks,
  ) {
    this.request = request
    this.response = response
    this.prefix = place.prefix
    this.target = place.target
    this.#common = commonHeaders(request, rules)
    this.#stamp = rules.stamp
    this.#rules = rules
    this.#hooks = hooks
  }

  /** Adds headers to the reply. */
  add(headers: OutgoingHttpHeaders): void {
    this.#common = { ...this.#common, ...headers }
  }

  /** The same request for another target below the prefix. */
  toward(target: RequestTarget): Exchange {
    const { request, response, prefix } = this
    const other = new Exchange(request, response, { prefix, target }, this.#rules, this.#hooks)
    other.#common = this.#common
    other.#facts = this.#facts
    other.paceBps = this.paceBps
    return other
  }

  /** Waits until so many further bytes of a paced body may be sent, or the client has left. */
  async paced(bytes: number): Promise<void> {
    if (this.paceBps === null) return
    this.#paced ??= { sinceMs: performance.now(), bytes: 0 }
    const leftMs = this.#paced.sinceMs + (this.#paced.bytes / this.paceBps) * 1000 - performance.now()
    this.#paced.bytes += bytes
    if (leftMs <= 0) return
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.response.off('close', settle)
        resolve()
      }
      const timer = setTimeout(settle, leftMs)
      this.response.on('close', settle)
    })
  }

  get facts(): Readonly<ExchangeFacts> {
    return this.#facts
  }

  /** It begins to wait for something to come. @returns what ends the wait */
  hold(why: HoldReason): () => void {
    const held = { why, sinceMs: this.#facts.held?.sinceMs ?? performance.now(), forMs: null as number | null }
    this.#facts.held = held
    return () => {
      held.forMs = performance.now() - held.sinceMs
    }
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD'
  }

  /** Whether the client left, or the reply has ended. */
  get isOver(): boolean {
    return this.response.destroyed || this.response.writableEnded
  }

  accepts(mediaType: string): boolean {
    return (this.request.headers.accept ?? '').toLowerCase().includes(mediaType)
  }

  head(status: number, headers: OutgoingHttpHeaders): void {
    this.#hooks.answering?.(status, this.response)
    const all = { ...this.#common, ...this.#stamp?.(), ...headers }
    if (this.#common.Vary !== undefined && headers.Vary !== undefined)
      all.Vary = `${this.#common.Vary}, ${headers.Vary}`
    this.response.writeHead(status, all)
  }

  /** Counts body bytes that are written to the socket directly. */
  count(bytes: number): void {
    this.#facts.sent += bytes
    this.#hooks.sent(bytes)
  }

  /** Counts bytes of the request's body. */
  countReceived(bytes: number): void {
    this.#facts.received += bytes
  }

  /** Writes body bytes. @returns false when the socket takes no more until `drain` */
  write(bytes: Uint8Array): boolean {
    this.count(bytes.byteLength)
    return this.response.write(bytes)
  }

  /** Settles when the client takes more, or has left. */
  drained(): Promise<void> {
    const { response } = this
    return new Promise((resolve) => {
      const settle = (): void => {
        response.off('drain', settle)
        response.off('close', settle)
        resolve()
      }
      response.on('drain', settle)
      response.on('close', settle)
    })
  }

  /** Tells a client that waits for it to send its body (RFC 9110 §10.1.1). */
  continue(): void {
    if (this.request.headers.expect?.toLowerCase() !== '100-continue') return
    this.response.writeContinue()
    this.response.shouldKeepAlive = this.request.headers.connection?.toLowerCase() !== 'close'
  }

  end(bytes?: Uint8Array): void {
    if (bytes === undefined || this.isHead) {
      this.response.end()
      return
    }
    this.count(bytes.byteLength)
    this.response.end(bytes)
  }

  /** Sends a whole reply of text. */
  text(status: number, mediaType: string, text: string, headers: OutgoingHttpHeaders = {}): void {
    const bytes = Buffer.from(text)
    this.head(status, { 'Content-Type': mediaType, 'Content-Length': bytes.byteLength, ...headers })
    this.end(bytes)
  }

  /** Redirects from the prefix of a mount to its root, which relative links need. */
  redirectToRoot(): void {
    const query = /\?.*$/.exec(this.request.url ?? '')?.[0] ?? ''
    this.text(308, 'text/plain; charset=utf-8', 'See below.\n', { Location: `${this.prefix}/${query}` })
  }

  /** Replies with the reason, as text or as JSON where the client prefers that. A reply that has begun is cut off instead. */
  refuse({ status, sentence, state, headers, facts }: Refusal): void {
    if (this.isOver) return
    if (this.response.headersSent) {
      this.response.destroy()
      return
    }
    this.#facts.error = sentence
    const common = {
      'Cache-Control': 'no-store',
      ...defined({ 'X-Routescope-State': state }),
      ...headers,
    }
    const [type, text] = this.accepts('application/json')
      ? ['application/json', JSON.stringify({ error: sentence, state: state ?? null, ...facts })]
      : ['text/plain; charset=utf-8', `${sentence}\n`]
    const bytes = Buffer.from(text)
    this.head(status, { 'Content-Type': type, 'Content-Length': bytes.byteLength, ...common })
    if (this.response.shouldKeepAlive || !hasUnreadBody(this.request)) this.end(bytes)
    else {
      this.count(bytes.byteLength)
      lingerAfter(this.request, this.response, bytes)
    }
  }
}

/** Headers of all replies to requests that come from no page, by their rules. */
const plainHeaders = new WeakMap<ReplyRules, OutgoingHttpHeaders>()

function commonHeaders(request: IncomingMessage, rules: ReplyRules): OutgoingHttpHeaders {
  const isPlain = request.headers.origin === undefined && request.method !== 'OPTIONS'
  const known = isPlain ? plainHeaders.get(rules) : undefined
  if (known !== undefined) return known
  const common = {
    ...corsHeaders(request, rules, rules.methods),
    'X-Content-Type-Options': 'nosniff',
    ...rules.headers,
  }
  if (isPlain) plainHeaders.set(rules, common)
  return common
}

/** Whether the client sends, or is about to send, more of the body. One that waits to be told sends none. */
function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete || headers.expect?.toLowerCase() === '100-continue') return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}

/**
 * Sends the rest of a reply, then takes what still comes for a while before the connection ends: unread bytes would end it with a
 * reset, and the client would not see the reply (RFC 9112 §9.6).
 */
function lingerAfter(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  response.write(bytes)
  const end = (): void => {
    clearTimeout(longest)
    clearTimeout(idle)
    response.end()
  }
  const longest = setTimeout(end, LINGER_MS).unref()
  const idle = setTimeout(end, LINGER_IDLE_MS).unref()
  request.on('data', () => idle.refresh())
  request.on('end', end)
  request.on('close', end)
  request.resume()
}
