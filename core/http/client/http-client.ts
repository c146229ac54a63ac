import type { IncomingHttpHeaders } from 'node:http'
import Agent from 'undici/lib/agent.js'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { parseUrl } from '../../failure/parse-url.ts'
import type { HostRule } from './host-rule.ts'
import { type HttpClock, SYSTEM_CLOCK } from './http-clock.ts'
import { failureOf, HttpFailure } from './http-failure.ts'
import { type ChangeAnswer, type ChangeRequest, sendRequest } from './send-request.ts'
import { type RestingServer, restHeaders, ServerRests } from './server-rests.ts'

/** Options of one GET. Times ms. */
export type GetOptions = {
  /** Headers beside those the client sends itself. */
  readonly headers?: Readonly<Record<string, string>>
  /** Time until the head of the answer, for each hop of a redirect. */
  readonly answerMs: number
  /** Longest time without a further byte of the body, without pauses of the receiver; null: any. */
  readonly idleMs: number | null
  readonly maxRedirects: number
  readonly signal?: AbortSignal
}

/** Head of the final answer, after redirects. */
export type ResponseHead = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** URL of the answer, without credentials. */
  readonly url: string
}

/** Takes one answer: `head`, then chunks, then `end`; or `end` alone. Only `chunk` is called more than once. */
export interface ResponseReceiver {
  head(head: ResponseHead): void
  /** Takes bytes, which the receiver owns. @returns false to pause until `resume` */
  chunk(bytes: Uint8Array): boolean
  /** Called at the end, with null after a whole body. Not called after `cancel`. */
  end(failure: HttpFailure | null): void
}

/** One running GET. */
export interface Transfer {
  /** Continues after `chunk` returned false. */
  resume(): void
  /** Ends the request; the receiver is not called again. */
  cancel(): void
}

/** Bytes of a redirect's own body that are read to keep its connection. */
const REDIRECT_BODY_BYTES = 64 << 10
/** Limit of remembered origins that have answered before. */
const MAX_ORIGINS = 256

/** What all requests of a client share. */
type Shared = {
  readonly agent: Agent
  readonly clock: HttpClock
  readonly hosts: HostRule | null
  /** Origins that have answered before. */
  readonly answered: Set<string>
  readonly rests: ServerRests
}

/**
 * Sends requests over pooled connections, which stay open between requests. A server that asked to be left alone is: until then its
 * last answer is given again. Only this file and `send-request.ts` use undici.
 */
export class HttpClient {
  readonly #agent: Agent
  readonly #shared: Shared

  /**
   * @param hosts which hosts may be asked; null: any, for addresses that the user names
   * @param connections to one origin at once; null: as many as there are requests
   */
  constructor(clock: HttpClock = SYSTEM_CLOCK, hosts: HostRule | null = null, connections: number | null = null) {
    // The clock measures time limits; callers bound the number of requests.
    this.#agent = new Agent({
      connections,
      connect: { timeout: 60_000, ...(hosts === null ? undefined : { lookup: hosts.lookup }) },
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 32 << 10,
    })
    this.#shared = { agent: this.#agent, clock, hosts, answered: new Set(), rests: new ServerRests(clock) }
  }

  /**
   * Sends one GET; `user:password@` of the URL becomes its Authorization header, for that origin only. Never throws: the receiver
   * gets failures, asynchronously.
   */
  get(url: string, options: GetOptions, receiver: ResponseReceiver): Transfer {
    const get = new Get(url, options, receiver, this.#shared)
    get.begin()
    return get
  }

  /**
   * Sends one PUT, POST or DELETE, without redirects.
   * @throws HttpFailure where no answer comes
   */
  async send(request: ChangeRequest): Promise<ChangeAnswer> {
    const { clock, rests } = this.#shared
    const resting = rests.of(request.url.origin)
    if (resting !== null) return { status: resting.status, retryAfterMs: resting.leftMs }
    return sendRequest(this.#agent, clock, request, (status, retryAfter) =>
      rests.answered(request.url.origin, status, retryAfter),
    )
  }

  /** Ends all requests and connections. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

class Get implements Transfer {
  readonly #options: GetOptions
  readonly #receiver: ResponseReceiver
  readonly #agent: Agent
  readonly #clock: HttpClock
  readonly #answered: Set<string>
  readonly #rests: ServerRests
  readonly #hosts: HostRule | null
  readonly #authorization: { readonly origin: string; readonly value: string } | null = null
  readonly #url: URL | null
  readonly #origin: string | null = null
  #redirects = 0
  #retried = false
  #hasHead = false
  #paused = false
  #over = false
  #abortRequest: () => void = () => {}
  #resumeRequest: () => void = () => {}
  #cancelTimer: () => void = () => {}
  readonly #aborted = (): void => this.#end(new HttpFailure('aborted', 'it was cancelled'))

  constructor(url: string, options: GetOptions, receiver: ResponseReceiver, shared: Shared) {
    const { agent, clock, hosts, answered, rests } = shared
    this.#rests = rests
    this.#options = options
    this.#receiver = receiver
    this.#agent = agent
    this.#clock = clock
    this.#answered = answered
    this.#hosts = hosts
    this.#url = httpUrl(url)
    if (this.#url === null) return
    const { origin } = this.#url
    this.#origin = origin
    const value = authorizationOf(this.#url)
    if (value !== null) this.#authorization = { origin, value }
  }

  begin(): void {
    const { signal } = this.#options
    if (signal?.aborted === true) queueMicrotask(this.#aborted)
    else if (this.#url === null)
      queueMicrotask(() => this.#end(new HttpFailure('address', 'its address is no http address')))
    else {
      signal?.addEventListener('abort', this.#aborted)
      this.#send(this.#url)
    }
  }

  resume(): void {
    if (this.#over || !this.#paused) return
    this.#paused = false
    this.#watchBody()
    this.#resumeRequest()
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#release()
    this.#abortRequest()
  }

  #send(url: URL): void {
    const refusal = this.#hosts?.refusal(url) ?? null
    if (refusal !== null) {
      queueMicrotask(() => this.#end(new HttpFailure('address', `its host ${url.hostname} ${refusal}`)))
      return
    }
    const resting = this.#rests.of(url.origin)
    if (resting !== null) {
      queueMicrotask(() => this.#answerFor(resting, url))
      return
    }
    this.#watch(this.#options.answerMs, () => this.#end(new HttpFailure('no-answer', 'no answer in time')))
    let location: string | null = null
    let redirectBytes = 0
    this.#agent.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method: 'GET', headers: this.#headers(url) },
      {
        onConnect: (abort) => {
          this.#abortRequest = () => abort()
          if (this.#over) abort()
        },
        onHeaders: (status, rawHeaders, resume) => {
          if (this.#over) return false
          if (status < 200) return true
          this.#remember(url.origin)
          const headers = readHeaders(rawHeaders ?? [])
          this.#rests.answered(url.origin, status, headers['retry-after'])
          if (status >= 300 && status < 400 && headers.location !== undefined) {
            location = headers.location
            return true
          }
          this.#hasHead = true
          this.#resumeRequest = resume
          this.#watchBody()
          this.#receiver.head({ status, headers, url: withoutCredentials(url.href) })
          return !this.#over
        },
        onData: (bytes) => {
          if (this.#over) return false
          if (location !== null) {
            redirectBytes += bytes.length
            if (redirectBytes > REDIRECT_BODY_BYTES)
              this.#end(new HttpFailure('redirect', 'a redirect with a long body'))
            return !this.#over
          }
          this.#watchBody()
          if (this.#receiver.chunk(bytes)) return true
          this.#paused = true
          this.#cancelTimer()
          return false
        },
        onComplete: () => {
          if (this.#over) return
          if (location === null) this.#release()
          // The connection is free one turn later: an immediate request would open another one.
          queueMicrotask(() =>
            setImmediate(() => {
              if (location === null) this.#end(null)
              else if (!this.#over) this.#follow(location, url)
            }),
          )
        },
        onError: (error) => {
          if (this.#over) return
          if (!this.#hasHead && location === null && this.#isStale(error, url.origin)) this.#send(url)
          else this.#end(failureOf(error, this.#hasHead || location !== null))
        },
      },
    )
  }

  /** Answers in place of a server that asked to be left alone. */
  #answerFor(resting: RestingServer, url: URL): void {
    if (this.#over) return
    this.#hasHead = true
    this.#receiver.head({
      status: resting.status,
      headers: restHeaders(resting),
      url: withoutCredentials(url.href),
    })
    this.#end(null)
  }

  /** Whether the server closed a kept connection at the moment it was reused, which is no answer. */
  #isStale({ code }: NodeJS.ErrnoException, origin: string): boolean {
    if (this.#retried || !this.#answered.has(origin)) return false
    if (code !== 'UND_ERR_SOCKET' && code !== 'ECONNRESET' && code !== 'EPIPE') return false
    this.#retried = true
    return true
  }

  #remember(origin: string): void {
    if (this.#answered.size >= MAX_ORIGINS) this.#answered.clear()
    this.#answered.add(origin)
  }

  #headers(url: URL): Record<string, string> {
    return {
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      'User-Agent': 'routescope',
      ...(this.#authorization?.origin === url.origin ? { Authorization: this.#authorization.value } : undefined),
      ...(url.origin === this.#origin ? this.#options.headers : withoutSecrets(this.#options.headers)),
    }
  }

  #follow(location: string, from: URL): void {
    const { maxRedirects } = this.#options
    const next = httpUrl(location, from)
    if (this.#redirects >= maxRedirects)
      this.#end(new HttpFailure('redirect', maxRedirects === 0 ? 'a redirect' : `more than ${maxRedirects} redirects`))
    else if (next === null) this.#end(new HttpFailure('redirect', 'a redirect to no http address'))
    else {
      this.#redirects++
      this.#send(next)
    }
  }

  #watchBody(): void {
    const { idleMs } = this.#options
    this.#cancelTimer()
    if (idleMs !== null) this.#watch(idleMs, () => this.#end(new HttpFailure('stalled', 'it stopped sending')))
  }

  #watch(ms: number, call: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(ms, call)
  }

  #end(failure: HttpFailure | null): void {
    if (this.#over) return
    this.#over = true
    this.#release()
    if (failure !== null) this.#abortRequest()
    this.#receiver.end(failure)
  }

  #release(): void {
    this.#cancelTimer()
    this.#options.signal?.removeEventListener('abort', this.#aborted)
  }
}

/** Removes headers that are for one server only, before a redirect to another. */
function withoutSecrets(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie)$/i.test(name)))
}

function httpUrl(text: string, base?: URL): URL | null {
  const url = parseUrl(text, base)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null
}

/** Value of the header Authorization for `user:password@` of a URL; null where it has neither. */
export function authorizationOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Joins the values of a repeated header; of single-value headers the first is used. */
function readHeaders(raw: readonly (Buffer | string)[]): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null)
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = String(raw[at]).toLowerCase()
    const value = Buffer.isBuffer(raw[at + 1]) ? (raw[at + 1] as Buffer).toString('latin1') : String(raw[at + 1])
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (!SINGLE.has(name)) headers[name] = `${before}, ${value}`
  }
  return headers
}

const SINGLE = new Set(['content-length', 'content-type', 'etag', 'location', 'last-modified', 'retry-after'])
