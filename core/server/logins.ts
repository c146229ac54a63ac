import { BoundedMap } from '../flow/bounded-map.ts'
import type { User } from './access.ts'
import type { Users } from './users.ts'

const FAILURES = 5
const WINDOW_MS = 60_000
const MAX_PEERS = 4096

/** Who sent a request: a user, nobody (no login, or a wrong one), or a peer that tried too often, with the seconds to wait. */
export type Login =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'wait'; readonly seconds: number }

/** Logins by Basic authentication (RFC 7617); a peer with five wrong ones within a minute has to wait for the end of it. */
export class Logins {
  readonly #users: Users | null
  readonly #nowMs: () => number
  readonly #failed = new BoundedMap<string, { readonly sinceMs: number; count: number }>(MAX_PEERS)

  /** @param users null: there are none */
  constructor(users: Users | null, nowMs: () => number) {
    this.#users = users
    this.#nowMs = nowMs
  }

  /** @param peer its address */
  take(authorization: string | undefined, peer: string): Login {
    const given = this.#users === null ? null : credentialsOf(authorization)
    if (this.#users === null || given === null) return { kind: 'nobody' }
    const failed = this.#failed.get(peer)
    const leftMs = failed === undefined ? 0 : failed.sinceMs + WINDOW_MS - this.#nowMs()
    if (failed !== undefined && leftMs <= 0) this.#failed.delete(peer)
    else if (failed !== undefined && failed.count >= FAILURES)
      return { kind: 'wait', seconds: Math.ceil(leftMs / 1000) }
    const user = this.#users.check(given.name, given.password)
    if (user !== null) {
      this.#failed.delete(peer)
      return { kind: 'user', user }
    }
    const now = this.#failed.get(peer) ?? { sinceMs: this.#nowMs(), count: 0 }
    now.count++
    this.#failed.set(peer, now)
    return { kind: 'nobody' }
  }
}

function credentialsOf(authorization: string | undefined): { name: string; password: string } | null {
  const encoded = /^Basic ([A-Za-z0-9+/]{1,512}={0,2})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
