import type { IncomingHttpHeaders } from 'node:http'
import { joinBytes } from '../../bytes/join-bytes.ts'
import type { HttpClient, ResponseHead, ResponseReceiver, Transfer } from './http-client.ts'
import type { HttpClock } from './http-clock.ts'
import type { HttpFailure } from './http-failure.ts'
import {
  type AnswerFault,
  checkHead,
  type ResourceAnswer,
  type ResourceHead,
  type ResourceRequest,
  readPieces,
} from './resource-answer.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * Result of a request. `refused`: an error status (404, 503 …), with the wait that it asks for. `mismatch`: the answer contradicts itself, the request or known
 * facts of the resource. `failed`: no answer, a broken connection, too slow. `cancelled`: by the signal.
 */
export type ResourceResult =
  | ({
      readonly kind: 'bytes'
      /** Its address after redirects, without credentials. */
      readonly url: string
      readonly headers: IncomingHttpHeaders
    } & ResourceAnswer)
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly retryAfterMs: number | null
      readonly headers: IncomingHttpHeaders
    }
  | { readonly kind: 'mismatch' | 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' }

/** Bounds of one request. Times ms. */
export type HttpLimits = {
  /** Time until the head of the answer. */
  readonly answerMs: number
  /** Time without a further byte of the body. */
  readonly idleMs: number
  /** A body slower than this after `slowAfterMs` is dropped, bytes per second. */
  readonly minBytesPerS: number
  readonly slowAfterMs: number
  readonly redirects: number
}

/** Default bounds. */
export const HTTP_LIMITS: HttpLimits = {
  answerMs: 3000,
  idleMs: 3000,
  minBytesPerS: 8192,
  slowAfterMs: 2000,
  redirects: 5,
}

/**
 * Fetches a resource or a range of it and checks the answer against the request. Bytes that arrived before a connection broke, was
 * too slow or was cancelled are part of the result (`broken` has the reason).
 */
export function fetchResource(
  client: HttpClient,
  request: ResourceRequest,
  clock: HttpClock,
  limits: HttpLimits,
  signal: AbortSignal,
): Promise<ResourceResult> {
  return new Promise((resolve) => {
    const fetch = new ResourceFetch(request, clock, limits, resolve)
    const { answerMs, idleMs, redirects } = limits
    const options = { headers: headersOf(request), answerMs, idleMs, maxRedirects: redirects, signal }
    fetch.transfer = client.get(request.url, options, fetch)
  })
}

function headersOf({ range, etag, headers }: ResourceRequest): Record<string, string> {
  if (range === null) return { ...headers }
  const Range = `bytes=${range[0]}-${range[1] === null ? '' : range[1] - 1}`
  return etag === null ? { ...headers, Range } : { ...headers, Range, 'If-Range': etag }
}

/** Collects one answer. */
class ResourceFetch implements ResponseReceiver {
  transfer: Transfer | null = null
  readonly #request: ResourceRequest
  readonly #clock: HttpClock
  readonly #limits: HttpLimits
  readonly #resolve: (result: ResourceResult) => void
  readonly #chunks: Uint8Array[] = []
  #head: ResourceHead | null = null
  #headers: IncomingHttpHeaders = {}
  #url = ''
  #bytes = 0
  #bodyStartMs = 0

  constructor(
    request: ResourceRequest,
    clock: HttpClock,
    limits: HttpLimits,
    resolve: (result: ResourceResult) => void,
  ) {
    this.#request = request
    this.#clock = clock
    this.#limits = limits
    this.#resolve = resolve
  }

  head({ status, headers, url }: ResponseHead): void {
    this.#url = url
    this.#headers = headers
    if (status !== 200 && status !== 206 && status !== 416) {
      const wait = retryAfterMs(headers['retry-after'], this.#clock.wallMs())
      this.#settle({ kind: 'refused', status, retryAfterMs: wait, headers })
      return
    }
    const head = checkHead(this.#request, status, headers)
    if ('reason' in head) this.#settle(faultResult(head))
    else {
      this.#head = head
      this.#bodyStartMs = this.#clock.nowMs()
    }
  }

  chunk(bytes: Uint8Array): boolean {
    const head = this.#head
    if (head === null) return false
    this.#bytes += bytes.length
    if (this.#bytes > head.bodyBytes) {
      const what = head.exact ? `the ${head.bodyBytes} bytes it announced` : `${head.bodyBytes} bytes`
      this.#settle(faultResult({ reason: `it sent more than ${what}`, mismatch: head.exact }))
      return false
    }
    this.#chunks.push(bytes)
    const elapsedMs = this.#clock.nowMs() - this.#bodyStartMs
    const { slowAfterMs, minBytesPerS } = this.#limits
    if (elapsedMs <= slowAfterMs || (this.#bytes * 1000) / elapsedMs >= minBytesPerS) return true
    this.#finish(head, 'it sends too slowly')
    return false
  }

  end(failure: HttpFailure | null): void {
    if (this.#head !== null) {
      // Bytes that arrived before the cancellation are still used.
      this.#finish(this.#head, failure?.kind === 'aborted' ? 'its time was up' : (failure?.message ?? null))
    } else if (failure?.kind === 'aborted') this.#settle({ kind: 'cancelled' })
    else this.#settle({ kind: 'failed', reason: failure?.message ?? 'an empty answer' })
  }

  #finish(head: ResourceHead, broken: string | null): void {
    const answer = readPieces(head, joinBytes(this.#chunks), broken)
    this.#settle(
      'reason' in answer ? faultResult(answer) : { kind: 'bytes', url: this.#url, headers: this.#headers, ...answer },
    )
  }

  #settle(result: ResourceResult): void {
    this.transfer?.cancel()
    this.#resolve(result)
  }
}

function faultResult({ reason, mismatch }: AnswerFault): ResourceResult {
  return { kind: mismatch ? 'mismatch' : 'failed', reason }
}
