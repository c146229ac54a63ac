import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type Answer, type AnswerHead, checkHead, type HeadFault, type HttpAsk, readPieces } from './http-answer.ts'
import type { HttpClock } from './http-clock.ts'

/**
 * What came of it. `refused`: the server answered that it cannot (404, 503 …). `lied`: what it said or sent cannot be true,
 * or is not what was asked for. `failed`: no answer, a broken connection, too slow. `cancelled`: nobody wants it any more.
 */
export type HttpResult =
  | ({ readonly kind: 'bytes' } & Answer)
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'lied' | 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' }

/** Connections that are kept open between requests. */
export type HttpAgents = { readonly http: Agent; readonly https: Agent }

/** Bounds of one request. Times ms. */
export type HttpLimits = {
  /** Until the head of the answer is there. */
  readonly answerMs: number
  /** Without a further byte of the body. */
  readonly idleMs: number
  /** A body slower than this after `slowAfterMs` is given up, bytes per second. */
  readonly minBytesPerS: number
  readonly slowAfterMs: number
  readonly redirects: number
}

/** What holds where nothing else is said. */
export const HTTP_LIMITS: HttpLimits = {
  answerMs: 3000,
  idleMs: 3000,
  minBytesPerS: 8192,
  slowAfterMs: 2000,
  redirects: 5,
}

/**
 * Sends one GET and reads its answer. Bytes that came before a connection broke or was too slow are part of the result
 * (`broken` says why there are no more).
 */
export async function httpGet(
  ask: HttpAsk,
  agents: HttpAgents,
  clock: HttpClock,
  limits: HttpLimits,
  signal: AbortSignal,
): Promise<HttpResult> {
  let url = ask.url
  for (let hop = 0; ; hop++) {
    const result = await new Exchange(ask, url, agents, clock, limits, signal).run()
    if (!('location' in result)) return result
    if (hop >= limits.redirects) return { kind: 'failed', reason: `more than ${limits.redirects} redirects` }
    const next = resolved(result.location, url)
    if (next === null) return { kind: 'failed', reason: 'a redirect to no http address' }
    url = next
  }
}

function resolved(location: string, base: string): string | null {
  try {
    const url = new URL(location, base)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null
  } catch {
    return null
  }
}

type Outcome = HttpResult | { readonly location: string }

/** One request to one address. */
class Exchange {
  readonly #ask: HttpAsk
  readonly #url: string
  readonly #agents: HttpAgents
  readonly #clock: HttpClock
  readonly #limits: HttpLimits
  readonly #signal: AbortSignal
  #cancelTimer: () => void = () => {}
  #settle: (outcome: Outcome) => void = () => {}
  #abort = (): void => this.#settle({ kind: 'cancelled' })

  constructor(
    ask: HttpAsk,
    url: string,
    agents: HttpAgents,
    clock: HttpClock,
    limits: HttpLimits,
    signal: AbortSignal,
  ) {
    this.#ask = ask
    this.#url = url
    this.#agents = agents
    this.#clock = clock
    this.#limits = limits
    this.#signal = signal
  }

  async run(): Promise<Outcome> {
    if (this.#signal.aborted) return { kind: 'cancelled' }
    const { range, etag } = this.#ask
    const secure = this.#url.startsWith('https:')
    const outcome = new Promise<Outcome>((resolve) => {
      this.#settle = resolve
    })
    const request = (secure ? requestHttps : requestHttp)(this.#url, {
      agent: secure ? this.#agents.https : this.#agents.http,
      headers: {
        Accept: '*/*',
        'Accept-Encoding': 'identity',
        'User-Agent': 'routescope',
        ...(range === null ? {} : { Range: `bytes=${range[0]}-${range[1] === null ? '' : range[1] - 1}` }),
        ...(range === null || etag === null ? {} : { 'If-Range': etag }),
      },
    })
    const abort = (): void => this.#abort()
    this.#signal.addEventListener('abort', abort)
    this.#watch(this.#limits.answerMs, () => this.#settle({ kind: 'failed', reason: 'no answer in time' }))
    request.on('error', (error: NodeJS.ErrnoException) => this.#settle({ kind: 'failed', reason: reasonOf(error) }))
    request.on('response', (response) => this.#answered(response))
    request.end()
    try {
      return await outcome
    } finally {
      this.#cancelTimer()
      this.#signal.removeEventListener('abort', abort)
      request.destroy()
    }
  }

  #watch(ms: number, call: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(ms, call)
  }

  #answered(response: IncomingMessage): void {
    // A server that dies shows in the end of the response; its error tells nothing more.
    response.on('error', () => undefined)
    const status = response.statusCode ?? 0
    const { location } = response.headers
    if (status >= 300 && status < 400 && location !== undefined) this.#settle({ location })
    else if (status !== 200 && status !== 206 && status !== 416) this.#settle({ kind: 'refused', status })
    else {
      const head = checkHead(this.#ask, status, response.headers)
      if ('reason' in head) this.#settle(fault(head))
      else this.#readBody(response, head)
    }
  }

  #readBody(response: IncomingMessage, head: AnswerHead): void {
    const { idleMs, minBytesPerS, slowAfterMs } = this.#limits
    const chunks: Buffer[] = []
    let bytes = 0
    let over = false
    const startedMs = this.#clock.nowMs()
    const end = (broken: string | null): void => {
      if (over) return
      over = true
      const answer = readPieces(head, Buffer.concat(chunks), broken)
      this.#settle('reason' in answer ? fault(answer) : { kind: 'bytes', ...answer })
    }
    // What has come by the time nobody waits any longer is still of use.
    this.#abort = () => end('its time was up')
    const watch = (): void => this.#watch(idleMs, () => end('it stopped sending'))
    watch()
    response.on('data', (chunk: Buffer) => {
      if (over) return
      bytes += chunk.length
      if (bytes > head.bodyBytes) {
        over = true
        const what = head.exact ? `the ${head.bodyBytes} bytes it announced` : `${head.bodyBytes} bytes`
        this.#settle(fault({ reason: `it sent more than ${what}`, lie: head.exact }))
        return
      }
      chunks.push(chunk)
      const elapsedMs = this.#clock.nowMs() - startedMs
      if (elapsedMs > slowAfterMs && (bytes * 1000) / elapsedMs < minBytesPerS) end('it sends too slowly')
      else watch()
    })
    response.on('end', () => end(response.complete ? null : 'the connection broke'))
    response.on('close', () => end('the connection broke'))
  }
}

function fault({ reason, lie }: HeadFault): HttpResult {
  return { kind: lie ? 'lied' : 'failed', reason }
}

/** What is wrong with a certificate, by the code that the system's check gives it. */
const CERTIFICATE_FAULTS = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'leads to one that is self-signed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is of an issuer this computer does not trust'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'is of an issuer this computer does not trust'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is of an issuer this computer does not trust'],
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'is not valid yet'],
  ['CERT_REVOKED', 'was revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'is that of another server'],
])

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const fault = CERTIFICATE_FAULTS.get(code ?? '')
  return fault === undefined ? (code ?? message) : `its certificate ${fault}, so nothing is taken from it`
}
