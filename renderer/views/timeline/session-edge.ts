import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { isCapture } from '../../model/names.ts'
import { objectColumns } from '../../stores/object-columns.ts'

/** Time of the newest packet, µs; null without one. */
export function newestUs(snapshot: SessionSnapshot | null): number | null {
  const last = Math.max(snapshot?.source.lastTimeUs ?? Number.NEGATIVE_INFINITY, objectColumns.maxUs)
  return Number.isFinite(last) ? last : null
}

/** Time of the first packet, µs. */
export function startUs(snapshot: SessionSnapshot | null): number {
  const first = Math.min(snapshot?.source.firstTimeUs ?? Number.POSITIVE_INFINITY, objectColumns.minUs)
  return Number.isFinite(first) ? first : 0
}

/** Whether more packets may arrive. */
export function isMoving(snapshot: SessionSnapshot | null): boolean {
  return snapshot !== null && (snapshot.phase === 'running' || snapshot.phase === 'starting')
}

/** Whether the stream's time goes on by itself: of a live source, and of a capture in real time. */
export function isPaced(snapshot: SessionSnapshot | null): boolean {
  return snapshot !== null && isMoving(snapshot) && !(isCapture(snapshot) && snapshot.source.pace === 'fast')
}

/**
 * The end of a session's time axis. It follows the newest packet, and goes on by this computer's clock where none comes: the
 * clocks of window and engine may differ, but both go on alike.
 */
export class SessionEdge {
  #session: string | null = null
  #newestUs = Number.NEGATIVE_INFINITY
  #sinceMs = 0
  #edgeUs = Number.NEGATIVE_INFINITY

  /** µs; null before the first packet. */
  at(snapshot: SessionSnapshot | null, nowMs: number): number | null {
    const newest = newestUs(snapshot)
    if (snapshot === null || newest === null) return newest
    if (snapshot.sessionId !== this.#session || newest < this.#newestUs) {
      this.#session = snapshot.sessionId
      this.#newestUs = Number.NEGATIVE_INFINITY
      this.#edgeUs = Number.NEGATIVE_INFINITY
    }
    if (newest > this.#newestUs) {
      this.#newestUs = newest
      this.#sinceMs = nowMs
    }
    if (!isPaced(snapshot)) return newest
    // It never goes back: a packet that is told late was there already.
    this.#edgeUs = Math.max(this.#edgeUs, newest, this.#newestUs + (nowMs - this.#sinceMs) * 1000)
    return this.#edgeUs
  }
}

/** The edge of the session on the screen. */
export const sessionEdge = new SessionEdge()
