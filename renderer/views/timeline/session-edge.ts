import type { SessionSnapshot } from '../../../core/contract/snapshot.ts'
import { objectColumns } from '../../stores/object-columns.ts'

/** The newest packet known, µs; null before the first. */
export function edgeUs(snapshot: SessionSnapshot | null): number | null {
  const last = Math.max(snapshot?.source.lastTimeUs ?? Number.NEGATIVE_INFINITY, objectColumns.maxUs)
  return Number.isFinite(last) ? last : null
}

/** The first packet known, µs. */
export function startUs(snapshot: SessionSnapshot | null): number {
  const first = Math.min(snapshot?.source.firstTimeUs ?? Number.POSITIVE_INFINITY, objectColumns.minUs)
  return Number.isFinite(first) ? first : 0
}

/** Packets may still come. */
export function isMoving(snapshot: SessionSnapshot | null): boolean {
  return snapshot !== null && (snapshot.phase === 'running' || snapshot.phase === 'starting')
}
