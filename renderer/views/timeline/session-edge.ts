import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { objectColumns } from '../../stores/object-columns.ts'

/** Time of the newest packet, µs; null without one. */
export function edgeUs(snapshot: SessionSnapshot | null): number | null {
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
