import type { ServedRequest } from '../../../core/contract/served-requests.ts'
import { type TimeScale, timeToX, xToTime } from '../../model/time-scale.ts'
import type { ObjectColumns } from '../../stores/object-columns.ts'
import type { LaneIndex } from './lane-index.ts'
import { type LaneLayout, laneAt } from './lanes.ts'

/** Distance in pixels at which a mark is still hit. */
const TOLERANCE = 4

export type Hit =
  | { readonly kind: 'object'; readonly row: number; readonly lane: number }
  | { readonly kind: 'table'; readonly key: string; readonly lane: number }
  | { readonly kind: 'request'; readonly request: ServedRequest; readonly lane: number }
  | { readonly kind: 'nothing'; readonly lane: number }

/** What the pointer is over, and where. */
export type Hover =
  | { readonly row: number; readonly x: number; readonly y: number }
  | { readonly request: ServedRequest; readonly x: number; readonly y: number }
  | null

/**
 * Finds the mark at `x` and `y`, with `y` from the top of the first lane. Of overlapping objects it is the shortest, of several in
 * one pixel the nearest in time.
 */
export function hitTest(
  layout: LaneLayout,
  columns: ObjectColumns,
  index: LaneIndex,
  scale: TimeScale,
  x: number,
  y: number,
): Hit {
  const position = laneAt(layout, y)
  const lane = layout.lanes[position]
  if (lane === undefined || lane.kind === 'group') return { kind: 'nothing', lane: position }
  if (lane.kind === 'requests') {
    const request = requestAt(lane.requests, scale, x)
    return request === null ? { kind: 'nothing', lane: position } : { kind: 'request', request, lane: position }
  }
  if (lane.kind === 'lls') {
    let nearest = TOLERANCE
    let key: string | null = null
    for (const table of lane.tables) {
      for (const timeUs of [table.firstTimeUs, table.lastTimeUs]) {
        const distance = Math.abs(timeToX(scale, timeUs) - x)
        if (distance < nearest) {
          nearest = distance
          key = table.key
        }
      }
    }
    return key === null ? { kind: 'nothing', lane: position } : { kind: 'table', key, lane: position }
  }
  const row = objectAt(columns, index, lane.channel, scale, x)
  return row < 0 ? { kind: 'nothing', lane: position } : { kind: 'object', row, lane: position }
}

/** The nearest request; of those that overlap, the one that began last. */
function requestAt(requests: readonly ServedRequest[], scale: TimeScale, x: number): ServedRequest | null {
  let best: ServedRequest | null = null
  let bestDistance = TOLERANCE
  for (const request of requests) {
    const start = timeToX(scale, request.timeUs)
    const end = timeToX(scale, request.timeUs + (request.durationUs ?? 0))
    const distance = x < start ? start - x : x > end ? x - end : 0
    const isLater = best === null || request.timeUs > best.timeUs
    if (distance < bestDistance || (distance === bestDistance && best !== null && isLater)) {
      best = request
      bestDistance = distance
    }
  }
  return best
}

function objectAt(columns: ObjectColumns, index: LaneIndex, channel: number, scale: TimeScale, x: number): number {
  const rows = index.rows(channel)
  if (rows === undefined) return -1
  const until = xToTime(scale, x + TOLERANCE)
  let best = -1
  let bestDistance = TOLERANCE
  let bestLength = Number.POSITIVE_INFINITY
  for (let at = index.firstVisible(channel, rows, xToTime(scale, x - TOLERANCE)); at < rows.count; at++) {
    const row = rows.order[at] as number
    const first = columns.values.firstTimeUs[row] as number
    if (first > until) break
    const length = (columns.values.lastTimeUs[row] as number) - first
    const start = timeToX(scale, first)
    const end = timeToX(scale, first + length)
    const distance = x < start ? start - x : x > end ? x - end : 0
    if (distance < bestDistance || (distance === bestDistance && length < bestLength)) {
      best = row
      bestDistance = distance
      bestLength = length
    }
  }
  return best
}
