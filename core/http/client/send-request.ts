import { Readable } from 'node:stream'
import type Agent from 'undici/lib/agent.js'
import type { HttpClock } from './http-clock.ts'
import { failureOf, HttpFailure } from './http-failure.ts'
import { retryAfterMs } from './retry-after.ts'

/** A request that changes something at a server. */
export type ChangeRequest = {
  readonly method: 'PUT' | 'POST' | 'DELETE'
  /** Without credentials. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Bytes, or pieces that are sent in chunks as they come. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null
  /** Time until the answer, with the time that the body takes, ms; null: any. */
  readonly answerMs: number | null
  readonly signal: AbortSignal
}

/** Status of the answer, and the wait that it asks for, ms. */
export type ChangeAnswer = { readonly status: number; readonly retryAfterMs: number | null }

/**
 * Sends one request and drops the body of its answer. Redirects are answers. The body of an answer that has neither a length nor chunks
 * ends with its connection (RFC 9112 6.3), which some servers keep open, as GPAC's after an upload: the head is the answer then, and the
 * connection is not used again.
 * @param answered told of the head of the answer
 * @throws HttpFailure where no answer comes
 */
export function sendRequest(
  agent: Agent,
  clock: HttpClock,
  request: ChangeRequest,
  answered: (status: number, retryAfter: string | undefined) => void,
): Promise<ChangeAnswer> {
  const { method, url, headers, body, answerMs, signal } = request
  return new Promise((resolve, reject) => {
    let abort: () => void = () => {}
    let answer: ChangeAnswer | null = null
    const settle = (failure: HttpFailure | null): void => {
      cancel()
      signal.removeEventListener('abort', aborted)
      // An answer that came before its connection broke is one.
      if (answer !== null) resolve(answer)
      else reject(failure ?? new HttpFailure('broken', 'the connection broke'))
    }
    const end = (failure: HttpFailure): void => {
      settle(failure)
      abort()
    }
    const aborted = (): void => end(new HttpFailure('aborted', 'it was cancelled'))
    const late = (): void => end(new HttpFailure('no-answer', 'no answer in time'))
    const cancel = answerMs === null ? () => undefined : clock.after(answerMs, late)
    signal.addEventListener('abort', aborted)
    if (signal.aborted) return aborted()
    agent.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body: sentBody(body) },
      {
        onConnect: (cut) => {
          abort = () => cut()
        },
        onHeaders: (status, raw) => {
          if (status < 200) return true
          const fields = raw ?? []
          const retryAfter = headerOf(fields, 'retry-after')
          answered(status, retryAfter)
          answer = { status, retryAfterMs: retryAfterMs(retryAfter, clock.wallMs()) }
          if (!isEndless(status, fields)) return true
          settle(null)
          abort()
          return false
        },
        onData: () => true,
        onComplete: () => settle(null),
        onError: (error) => settle(failureOf(error, answer !== null)),
      },
    )
  })
}

function sentBody(body: ChangeRequest['body']): Uint8Array | Readable | null {
  if (body === null || body instanceof Uint8Array) return body
  const stream = Readable.from(body, { objectMode: false })
  // The request fails with it, which is told there.
  stream.on('error', () => undefined)
  return stream
}

/** Whether nothing tells where the body of an answer ends, nor that the server ends the connection. */
function isEndless(status: number, fields: readonly (Buffer | string)[]): boolean {
  if (status === 204 || status === 304) return false
  if (/\bclose\b/i.test(headerOf(fields, 'connection') ?? '')) return false
  return headerOf(fields, 'content-length') === undefined && headerOf(fields, 'transfer-encoding') === undefined
}

function headerOf(raw: readonly (Buffer | string)[], wanted: string): string | undefined {
  for (let at = 0; at + 1 < raw.length; at += 2)
    if (String(raw[at]).toLowerCase() === wanted) return String(raw[at + 1])
  return undefined
}
