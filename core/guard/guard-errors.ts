import type { EventEmitter } from 'node:events'
import type { LogTopic } from '../contract/session-spec.ts'

/** What has an error, as the subject of a sentence in the log. */
export type GuardedPeer = {
  readonly topic: LogTopic
  /** `A connection`, `A request`. */
  readonly what: string
}

/** One line about errors of peers. */
export type PeerError = {
  readonly topic: LogTopic
  /** `debug` for connections that end, which is ordinary; `info` else. */
  readonly level: 'debug' | 'info'
  readonly text: string
}

/** Time between two lines about the same kind of error. */
const REPORT_MS = 10_000
/** Limit of kinds of errors that are counted apart. */
const MAX_KINDS = 128
/** Codes of peers that left. */
const LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

const listeners = new Set<(error: PeerError) => void>()
const kinds = new Map<string, { reportedMs: number; others: number }>()
const guards = new WeakMap<GuardedPeer, (error: unknown) => void>()

/** Adds a listener for errors of peers, of which each kind is reported once in ten seconds. @returns the function that removes it */
export function onPeerError(listener: (error: PeerError) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Reports `error` events of sockets, requests, responses, WebSockets, programs and threads, and drops them: their users listen
 * to `end` and `close`. Without a listener such an error ends the process.
 */
export function guardErrors(peer: GuardedPeer, ...emitters: readonly EventEmitter[]): void {
  const guard = guardOf(peer)
  for (const emitter of emitters) emitter.on('error', guard)
}

/** Reports an error that was caught elsewhere. */
export function reportPeerError({ topic, what }: GuardedPeer, error: unknown): void {
  if (listeners.size === 0) return
  const { code = '', message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  let key = `${what} ${code}`
  if (!kinds.has(key) && kinds.size >= MAX_KINDS) key = 'others'
  const kind = kinds.get(key) ?? { reportedMs: Number.NEGATIVE_INFINITY, others: 0 }
  kinds.set(key, kind)
  const nowMs = performance.now()
  if (nowMs - kind.reportedMs < REPORT_MS) {
    kind.others++
    return
  }
  const others = kind.others === 0 ? '' : `, and ${kind.others} more like it`
  kind.reportedMs = nowMs
  kind.others = 0
  const level = LEFT.has(code) ? 'debug' : 'info'
  for (const listener of [...listeners]) listener({ topic, level, text: `${what} failed: ${message}${others}.` })
}

/** One listener for each peer that is described once, so that a request costs no closure. */
function guardOf(peer: GuardedPeer): (error: unknown) => void {
  let guard = guards.get(peer)
  if (guard === undefined) {
    guard = (error) => reportPeerError(peer, error)
    guards.set(peer, guard)
  }
  return guard
}
