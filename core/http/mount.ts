import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange, Refusal, ReplyRules } from './exchange.ts'
import type { RequestTarget } from './request-target.ts'

/** What a host checks and adds for one mount. */
export type MountRules = ReplyRules & {
  /** Sentence of the 405 for methods that are not listed; the host answers OPTIONS. */
  readonly otherMethods: string
  /**
   * Requests whose Host header is neither the host's own name nor one of loopback get 421 (DNS rebinding): `always`, or only
   * where the host is bound to `loopback` itself.
   */
  readonly localNames: 'always' | 'loopback'
  /** Returns why a request or upgrade is refused, such as a missing token, or null. */
  readonly admits?: (request: IncomingMessage, target: RequestTarget) => Refusal | null
  /** The mount itself tells a client that waits to send its body, once it knows that it takes it. */
  readonly ownContinue?: true
  /** Longest time of a request's body, ms; default 30 s. Null: any. */
  readonly bodyMs?: number | null
}

/** A request for another protocol on the same connection. The host handles errors of the socket. */
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
  /** Called with every request below the prefix, those that the host refuses by itself too, before it is answered. */
  arrived?(exchange: Exchange): void
  /** Takes WebSockets, already admitted. */
  upgrade?(upgrade: Upgrade): void
  log?(level: 'warning' | 'debug', text: string): void
}

/** A mount of a host, with the bytes its clients received. */
export interface MountHandle {
  readonly requests: number
  /** Body bytes sent. */
  readonly bytes: number
  /** Removes the mount and ends what it is answering. */
  close(): void
}
