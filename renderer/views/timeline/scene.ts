import { OBJECT_STATE } from '../../../core/contract/object-table.ts'
import type { ServedRequest } from '../../../core/contract/served-requests.ts'
import { type TimeScale, timeToX } from '../../model/time-scale.ts'
import type { ObjectColumns } from '../../stores/object-columns.ts'
import type { LaneIndex } from './lane-index.ts'
import type { LaneLayout } from './lanes.ts'

/** Kind of a mark. The first five are single objects and equal OBJECT_STATE. */
export const MARK = {
  receiving: OBJECT_STATE.receiving,
  complete: OBJECT_STATE.complete,
  partial: OBJECT_STATE.partial,
  truncated: OBJECT_STATE.truncated,
  joined: OBJECT_STATE.joined,
  /** Objects too narrow to draw separately; `fill` is their density, 0 to 1. */
  crowd: 5,
  /** The same with at least one partial object. */
  partialCrowd: 6,
  /** From the first copy of an object to the last repeat. */
  repeats: 7,
  /** First (`fill` 0) or last (`fill` 1) arrival of an LLS table. */
  table: 8,
  /** Complete, with bytes recovered by FEC. */
  repaired: 9,
} as const

/** Minimum width of a separate bar; narrower ones are drawn per pixel column. */
const SINGLE_WIDTH = 3
/** Minimum width of a mark. */
const MIN_WIDTH = 2
/** Marks are cut this far outside the canvas, so that their cut edges are invisible. */
const OUTSIDE = 4
/** Densities of crowds: few, so that neighbouring columns mostly join into one bar. */
const CROWD_FILL = [0.45, 0.7, 1] as const

/** The marks of one frame in reused columns, sorted by lane. */
export class Scene {
  count = 0
  /** Position in the layout. */
  lane = new Uint16Array(1024)
  kind = new Uint8Array(1024)
  /** Row of the object columns; -1: a mark of several objects. */
  row = new Int32Array(1024)
  x0 = new Float32Array(1024)
  x1 = new Float32Array(1024)
  /** Share received of a bar, or density of a crowd. */
  fill = new Float32Array(1024)

  add(lane: number, kind: number, row: number, x0: number, x1: number, fill: number): void {
    const at = this.count
    if (at === this.lane.length) this.#grow()
    this.lane[at] = lane
    this.kind[at] = kind
    this.row[at] = row
    this.x0[at] = x0
    this.x1[at] = x1
    this.fill[at] = fill
    this.count = at + 1
  }

  #grow(): void {
    const size = this.lane.length * 2
    const lane = new Uint16Array(size)
    const kind = new Uint8Array(size)
    const row = new Int32Array(size)
    const x0 = new Float32Array(size)
    const x1 = new Float32Array(size)
    const fill = new Float32Array(size)
    lane.set(this.lane)
    kind.set(this.kind)
    row.set(this.row)
    x0.set(this.x0)
    x1.set(this.x1)
    fill.set(this.fill)
    Object.assign(this, { lane, kind, row, x0, x1, fill })
  }
}

export type SceneView = {
  readonly layout: LaneLayout
  readonly columns: ObjectColumns
  readonly index: LaneIndex
  readonly scale: TimeScale
  /** Visible part of the layout, in its y. */
  readonly top: number
  readonly bottom: number
}

/** Fills `scene` with the visible marks: a few per lane and pixel column at most, for any number of objects. */
export function buildScene(scene: Scene, view: SceneView): void {
  scene.count = 0
  const { lanes } = view.layout
  for (let position = 0; position < lanes.length; position++) {
    const lane = lanes[position]
    if (lane === undefined || lane.y + lane.height <= view.top || lane.y >= view.bottom) continue
    if (lane.kind === 'channel') addChannel(scene, view, position, lane.channel)
    else if (lane.kind === 'requests') {
      for (const request of lane.requests) addRequest(scene, view.scale, position, request)
    } else if (lane.kind === 'lls') {
      for (const table of lane.tables) {
        addTick(scene, view.scale, position, table.firstTimeUs, 0)
        if (table.count > 1) {
          addTick(scene, view.scale, position, table.lastTimeUs, 1)
          addRepeats(
            scene,
            view.scale,
            position,
            -1,
            timeToX(view.scale, table.firstTimeUs),
            timeToX(view.scale, table.lastTimeUs),
          )
        }
      }
    }
  }
}

/** A request that failed has the mark of lost objects. */
function addRequest(scene: Scene, scale: TimeScale, lane: number, request: ServedRequest): void {
  const x0 = timeToX(scale, request.timeUs)
  const x1 = Math.max(timeToX(scale, request.timeUs + (request.durationUs ?? 0)), x0 + MIN_WIDTH)
  const [left, right] = [scale.left - OUTSIDE, scale.left + scale.width + OUTSIDE]
  if (x1 < left || x0 > right) return
  const failed = request.state === 'broken' || (request.status ?? 0) >= 400
  const kind = failed ? MARK.partialCrowd : MARK.crowd
  scene.add(lane, kind, -1, Math.max(x0, left), Math.min(x1, right), 1)
}

function addTick(scene: Scene, scale: TimeScale, lane: number, timeUs: number, fill: number): void {
  const x = timeToX(scale, timeUs)
  if (x >= scale.left - OUTSIDE && x <= scale.left + scale.width + OUTSIDE)
    scene.add(lane, MARK.table, -1, x, x + MIN_WIDTH, fill)
}

function addRepeats(scene: Scene, scale: TimeScale, lane: number, row: number, x0: number, x1: number): void {
  const left = Math.max(x0, scale.left - OUTSIDE)
  const right = Math.min(x1, scale.left + scale.width + OUTSIDE)
  if (right > left) scene.add(lane, MARK.repeats, row, left, right, 0)
}

function addChannel(scene: Scene, view: SceneView, lane: number, channel: number): void {
  const { columns, index, scale } = view
  const rows = index.rows(channel)
  if (rows === undefined) return
  const { firstTimeUs, lastTimeUs, state, size, received, recovered, repeats } = columns.values
  const { order, count } = rows
  const right = scale.left + scale.width
  const perUs = scale.width / (scale.toUs - scale.fromUs)

  // The current run of equal pixel columns, and the current column.
  let runStart = 0
  let runEnd = -1
  let runLevel = 0
  let runPartial = 0
  let column = Number.NEGATIVE_INFINITY
  let inColumn = 0
  let covered = 0
  let partial = 0

  const endRun = (): void => {
    if (runEnd > runStart) {
      const x1 = Math.max(runEnd, runStart + MIN_WIDTH)
      scene.add(lane, runPartial === 1 ? MARK.partialCrowd : MARK.crowd, -1, runStart, x1, CROWD_FILL[runLevel] ?? 1)
    }
    runEnd = -1
  }
  const endColumn = (): void => {
    if (inColumn === 0) return
    const level = covered >= 0.5 ? 2 : covered >= 0.2 || inColumn > 1 ? 1 : inColumn === 1 && covered < 0.02 ? 1 : 0
    if (runEnd === column && runLevel === level && runPartial === partial) runEnd = column + 1
    else {
      endRun()
      runStart = column
      runEnd = column + 1
      runLevel = level
      runPartial = partial
    }
    inColumn = 0
    covered = 0
    partial = 0
  }

  for (let at = index.firstVisible(channel, rows, scale.fromUs); at < count; at++) {
    const row = order[at] as number
    const first = firstTimeUs[row] as number
    if (first > scale.toUs) break
    const x0 = scale.left + (first - scale.fromUs) * perUs
    let x1 = scale.left + ((lastTimeUs[row] as number) - scale.fromUs) * perUs
    if (x1 < scale.left - OUTSIDE) continue
    if ((repeats[row] as number) > 0) {
      // The last packet is a repeat; the columns lack the end of the first copy.
      addRepeats(scene, scale, lane, row, x0, x1)
      x1 = x0
      if (x0 < scale.left - OUTSIDE) continue
    }
    const given = recovered[row] as number
    const kind = given > 0 && state[row] === MARK.complete ? MARK.repaired : (state[row] as number)
    if (x1 - x0 >= SINGLE_WIDTH || kind === MARK.receiving) {
      endColumn()
      endRun()
      const whole = size[row] as number
      const share = whole > 0 ? Math.min(1, ((received[row] as number) + given) / whole) : -1
      const shownEnd = Math.min(Math.max(x1, x0 + MIN_WIDTH), right + OUTSIDE)
      scene.add(lane, kind, row, Math.max(x0, scale.left - OUTSIDE), shownEnd, share)
      continue
    }
    const at0 = Math.floor(Math.max(x0, scale.left - OUTSIDE))
    if (at0 !== column) {
      endColumn()
      column = at0
    }
    inColumn++
    covered += x1 - x0
    if (kind === MARK.partial) partial = 1
  }
  endColumn()
  endRun()
}
