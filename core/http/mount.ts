import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange, Refusal, ReplyRules } from './exchange.ts'
import type { RequestTarget } from './request-target.ts'

/** What a host checks and adds for one mount, so that its content need not. */
export type MountRules = ReplyRules & {
  /** The sentence of the 405 for methods that are not listed; OPTIONS is the host's. */
  readonly otherMethods: string
  /**
   * Requests whose Host header is neither the host's own name nor one of loopback get 421 (DNS rebinding): `always`, or only
   * where the host is bound to `loopback` itself.
   */
  readonly localNames: 'always' | 'loopback'
  /** Why this request or upgrade is not answered (a token that is missing), or null. */
  readonly admits?: (request: IncomingMessage, target: RequestTarget) => Refusal | null
  /** Longest time a request's body may take, ms; 30 s. Null: any, as long as it goes on. */
  readonly bodyMs?: number | null
}

/** A request to speak another protocol on the same connection. Errors of the socket are taken care of. */
export type Upgrade = {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** First bytes of the other protocol. */
  readonly head: Buffer
}

/** Content below a prefix of a host. */
export interface Mount {
  /** Empty for the root, else `/name` or `/a/b`. Of several mounts the one with the longest prefix answers. */
  readonly prefix: string
  readonly rules: MountRules
  /** Answers one request; `exchange.target` is below the prefix. A rejection becomes 500 and a warning. */
  answer(exchange: Exchange): Promise<void> | void
  /** Takes WebSockets, already admitted. */
  upgrade?(upgrade: Upgrade): void
  log?(level: 'warning' | 'debug', text: string): void
}

/** A mount in place, with what its clients took. */
export interface MountHandle {
  readonly requests: number
  /** Body bytes given out. */
  readonly bytes: number
  /** Removes the mount and ends what it is answering. */
  close(): void
}
