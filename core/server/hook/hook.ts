import type { OutgoingHttpHeaders } from 'node:http'

/** A request as a hook sees it, before a file is looked for. */
export type HookRequest = {
  readonly method: string
  /** Decoded, with its leading `/`, without the query. */
  readonly path: string
  /** As written, with its `?`; empty without one. */
  readonly query: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly peer: string
  readonly tls: boolean
  /** Who has logged in; null: nobody. */
  readonly user: string | null
}

/** What a hook decides. */
export type HookAnswer =
  /** The server goes on: with the file that was asked for, or with another one below its folders. */
  | {
      readonly kind: 'file'
      readonly path: string | null
      readonly headers: OutgoingHttpHeaders
      readonly bps: number | null
    }
  /** The hook's own reply; pieces are sent in chunks as they come. */
  | {
      readonly kind: 'reply'
      readonly status: number
      readonly headers: OutgoingHttpHeaders
      readonly body: Uint8Array | AsyncIterable<Uint8Array>
      readonly bps: number | null
    }

/**
 * Decides about requests before files are looked for. `bps` is the pace of the body in bytes per second; null: any. A rejection is
 * answered with 500.
 * @param gone ends when the client has left
 */
export type RequestHook = (request: HookRequest, gone: AbortSignal) => Promise<HookAnswer>
