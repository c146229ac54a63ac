import type { IncomingHttpHeaders } from 'node:http'
import type { HttpClock } from './http-clock.ts'
import { retryAfterMs } from './retry-after.ts'

/** Servers that are remembered; the one that asked first is forgotten. */
const MAX_SERVERS = 256

/** A server that is left alone: what it answers meanwhile, and how much longer, ms. */
export type RestingServer = { readonly status: number; readonly leftMs: number }

/** Servers that asked to be left alone (Retry-After of 429 and 5xx, RFC 9110 §10.2.3), which holds for all requests to them. */
export class ServerRests {
  readonly #clock: HttpClock
  /** By origin. */
  readonly #resting = new Map<string, { readonly status: number; readonly untilMs: number }>()

  constructor(clock: HttpClock) {
    this.#clock = clock
  }

  /** Takes the head of an answer. */
  answered(origin: string, status: number, retryAfter: string | undefined): void {
    if (status !== 429 && status < 500) return
    const waitMs = retryAfterMs(retryAfter, this.#clock.wallMs()) ?? 0
    if (waitMs <= 0) return
    this.#resting.delete(origin)
    this.#resting.set(origin, { status, untilMs: this.#clock.nowMs() + waitMs })
    const [oldest] = this.#resting.keys()
    if (this.#resting.size > MAX_SERVERS && oldest !== undefined) this.#resting.delete(oldest)
  }

  /** Null where a server may be asked. */
  of(origin: string): RestingServer | null {
    const resting = this.#resting.get(origin)
    if (resting === undefined) return null
    const leftMs = resting.untilMs - this.#clock.nowMs()
    if (leftMs > 0) return { status: resting.status, leftMs }
    this.#resting.delete(origin)
    return null
  }
}

/** Headers of the answer that is given in place of a resting server's. */
export function restHeaders({ leftMs }: RestingServer): IncomingHttpHeaders {
  return { 'retry-after': String(Math.ceil(leftMs / 1000)) }
}
