import type { ReportAlarm } from '../../../core/contract/report.ts'
import { hatch } from '../../canvas/hatch.ts'
import type { Palette } from '../../canvas/palette.ts'
import { formatToi } from '../../model/format.ts'
import { type TimeReading, type TimeScale, timeTicks, timeToX } from '../../model/time-scale.ts'
import type { ObjectColumns } from '../../stores/object-columns.ts'
import { type LaneLayout, RULER_HEIGHT } from './lanes.ts'
import { MARK, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

/** Place of a label of the ruler after its tick, and its height, px. */
const TICK_LABEL_X = 5
const TICK_LABEL_HEIGHT = 17
/** Minimum width of a bar with a label. */
const LABEL_WIDTH = 52
const GHOST_LIMIT = 400

export type LanesPicture = {
  readonly scene: Scene
  readonly layout: LaneLayout
  readonly columns: ObjectColumns
  readonly scale: TimeScale
  readonly palette: Palette
  readonly reading: TimeReading
  readonly alarms: readonly ReportAlarm[]
  readonly scrollTop: number
  /** Newest packet while the session runs, else null. */
  readonly liveEdgeUs: number | null
}

/** Top and height of an object bar in its lane. */
export function barBox(laneHeight: number): { readonly top: number; readonly height: number } {
  return laneHeight >= 20 ? { top: 4, height: laneHeight - 10 } : { top: 3, height: laneHeight - 9 }
}

/** Draws ruler, grid, lanes and objects. */
export function drawLanes(pen: Pen, picture: LanesPicture, width: number, height: number): void {
  const { palette, scale, scrollTop, layout } = picture
  pen.font = palette.font
  pen.textBaseline = 'middle'
  pen.save()
  pen.beginPath()
  pen.rect(0, RULER_HEIGHT, width, height - RULER_HEIGHT)
  pen.clip()
  const shift = RULER_HEIGHT - scrollTop
  for (const lane of layout.lanes) {
    const y = lane.y + shift
    if (y + lane.height < RULER_HEIGHT || y > height) continue
    if (lane.kind === 'group') {
      pen.fillStyle = palette.surfaceRaised
      pen.fillRect(0, y, width, lane.height)
    }
    pen.fillStyle = palette.grid
    pen.fillRect(0, y + lane.height - 1, width, 1)
  }
  const ticks = timeTicks(scale, picture.reading)
  pen.fillStyle = palette.gridStrong
  const bottom = Math.min(height, layout.height + shift)
  for (const tick of ticks) {
    pen.globalAlpha = tick.strong ? 1 : 0.55
    pen.fillRect(Math.round(timeToX(scale, tick.timeUs)), RULER_HEIGHT, 1, bottom - RULER_HEIGHT)
  }
  pen.globalAlpha = 1
  drawMarks(pen, picture, shift)
  pen.restore()
  drawLiveEdge(pen, picture, width, height)
  drawRuler(pen, picture, ticks, width)
}

/** Where an object is drawn, px; one record, filled for each of them. */
type Bar = { hue: string; x0: number; wide: number; top: number; high: number }

function drawMarks(pen: Pen, picture: LanesPicture, shift: number): void {
  const { scene, layout, palette, scale } = picture
  const { lane: lanes, kind: kinds, x0: starts, x1: ends, fill: fills } = scene
  const bar: Bar = { hue: '', x0: 0, wide: 0, top: 0, high: 0 }
  let current = -1
  let hue = ''
  let top = 0
  let high = 0
  let pattern: CanvasPattern | string = ''
  let patternHue = ''
  for (let at = 0; at < scene.count; at++) {
    const position = lanes[at] as number
    if (position !== current) {
      current = position
      const lane = layout.lanes[position]
      if (lane === undefined) continue
      hue = palette.role[lane.kind === 'channel' ? lane.role : lane.kind === 'requests' ? 'unknown' : 'signaling']
      const box = barBox(lane.height)
      top = lane.y + shift + box.top
      high = box.height
      bar.hue = hue
      bar.top = top
      bar.high = high
    }
    const x0 = starts[at] as number
    const x1 = ends[at] as number
    const share = fills[at] as number
    const wide = x1 - x0
    bar.x0 = x0
    bar.wide = wide
    // A gap separates bars that touch in time.
    const gap = wide > 5 ? 1 : 0
    switch (kinds[at]) {
      case MARK.complete:
        pen.fillStyle = hue
        pen.fillRect(x0, top, wide - gap, high)
        break
      case MARK.crowd:
      case MARK.partialCrowd:
        pen.globalAlpha = share
        pen.fillStyle = hue
        pen.fillRect(x0, top, wide, high)
        pen.globalAlpha = 1
        if (kinds[at] === MARK.partialCrowd) {
          pen.fillStyle = palette.hole
          pen.fillRect(x0, top + high - 3, wide, 5)
        }
        break
      case MARK.repeats:
        pen.globalAlpha = palette.repeatAlpha
        pen.fillStyle = hue
        pen.fillRect(x0, top + high + 1, wide, 2)
        pen.fillRect(x1 - 1, top + high - 2, 1, 5)
        pen.globalAlpha = 1
        break
      case MARK.table:
        pen.globalAlpha = share === 0 ? 1 : palette.repeatAlpha
        pen.fillStyle = hue
        pen.fillRect(x0, top, wide, high)
        pen.globalAlpha = 1
        break
      case MARK.repaired:
        if (patternHue !== hue) {
          patternHue = hue
          pattern = hatch(pen, hue)
        }
        pen.globalAlpha = 0.45
        pen.fillStyle = hue
        pen.fillRect(x0, top, wide - gap, high)
        pen.globalAlpha = 1
        pen.fillStyle = pattern
        pen.fillRect(x0, top, wide - gap, high)
        break
      case MARK.receiving:
        drawReceiving(pen, bar, scale, share)
        break
      default:
        if (patternHue !== hue) {
          patternHue = hue
          pattern = hatch(pen, hue)
        }
        if (kinds[at] === MARK.partial) drawPartial(pen, bar, palette, pattern, wide - gap)
        else drawCut(pen, bar, palette, wide - gap, kinds[at] === MARK.joined)
    }
    const lone = (kinds[at] as number) <= MARK.joined || kinds[at] === MARK.repaired
    if (wide >= LABEL_WIDTH && lone && high >= 12) drawLabel(pen, bar, picture, at)
  }
}

/** Solid, with a dashed outline to the end expected at the current rate. */
function drawReceiving(pen: Pen, { hue, x0, wide, top, high }: Bar, scale: TimeScale, share: number): void {
  const x1 = x0 + wide
  pen.fillStyle = hue
  pen.globalAlpha = 0.85
  pen.fillRect(x0, top, x1 - x0, high)
  pen.globalAlpha = 1
  pen.fillRect(x1 - 2, top - 1, 2, high + 2)
  if (share <= 0.02 || share >= 1) return
  const expected = Math.min((x1 - x0) * (1 / share - 1), GHOST_LIMIT, scale.left + scale.width + 4 - x1)
  if (expected < 3) return
  pen.strokeStyle = hue
  pen.globalAlpha = 0.7
  pen.setLineDash([3, 3])
  pen.strokeRect(Math.round(x1) + 0.5, Math.round(top) + 0.5, Math.round(expected), high - 1)
  pen.setLineDash([])
  pen.globalAlpha = 1
}

/** Hatched, with a red foot and edge: bytes are missing. */
function drawPartial(pen: Pen, bar: Bar, palette: Palette, pattern: CanvasPattern | string, wide: number): void {
  const { hue, x0, top, high } = bar
  pen.fillStyle = palette.missing
  pen.fillRect(x0, top, wide, high)
  pen.fillStyle = hue
  pen.globalAlpha = 0.28
  pen.fillRect(x0, top, wide, high)
  pen.globalAlpha = 0.75
  pen.fillStyle = pattern
  pen.fillRect(x0, top, wide, high)
  pen.globalAlpha = 1
  pen.fillStyle = palette.hole
  pen.fillRect(x0, top + high - 2, wide, 2)
  pen.fillRect(x0 + wide - 2, top, 2, high)
}

/** Paler, with a torn edge: reception ended inside it, or (`atStart`) began there. */
function drawCut(pen: Pen, { hue, x0, top, high }: Bar, palette: Palette, wide: number, atStart: boolean): void {
  const teeth = 3
  const depth = (atStart ? -1 : 1) * Math.min(5, wide)
  const left = atStart ? x0 + wide : x0
  const right = atStart ? x0 : x0 + wide
  pen.beginPath()
  pen.moveTo(left, top)
  pen.lineTo(right, top)
  for (let tooth = 0; tooth < teeth; tooth++) {
    pen.lineTo(right - depth, top + ((tooth + 0.5) * high) / teeth)
    pen.lineTo(right, top + ((tooth + 1) * high) / teeth)
  }
  pen.lineTo(left, top + high)
  pen.closePath()
  pen.globalAlpha = 0.5
  pen.fillStyle = hue
  pen.fill()
  pen.globalAlpha = 1
  pen.strokeStyle = palette.truncated
  pen.lineWidth = 1
  pen.stroke()
}

function drawLabel(pen: Pen, { hue, x0, wide, top, high }: Bar, picture: LanesPicture, at: number): void {
  const { scene, columns, palette, scale } = picture
  const row = scene.row[at] as number
  const kind = scene.kind[at] as number
  const share = scene.fill[at] as number
  const lane = picture.layout.lanes[scene.lane[at] as number]
  const toi = `${lane?.kind === 'channel' ? lane.numbering : 'TOI'} ${formatToi(columns.values.toi[row] as number)}`
  const percent = share < 0 ? '' : `${(Math.min(share, 0.999) * 100).toFixed(1)} %`
  const text = kind === MARK.partial ? `▲ ${percent}` : kind === MARK.receiving ? percent : toi
  const left = Math.max(x0, scale.left)
  const room = x0 + wide - left - 10
  const needed = text.length * 6.2
  if (text === '' || room < needed) return
  if (kind === MARK.partial) {
    // Text on the hatch needs a plain background.
    pen.fillStyle = palette.missing
    pen.fillRect(left + 3, top + 1, pen.measureText(text).width + 6, high - 3)
    pen.fillStyle = palette.hole
  } else if (kind === MARK.repaired) {
    pen.fillStyle = hue
    pen.fillRect(left + 3, top + 1, pen.measureText(text).width + 6, high - 2)
    pen.fillStyle = palette.onRole
  } else pen.fillStyle = kind === MARK.truncated || kind === MARK.joined ? palette.text : palette.onRole
  pen.fillText(text, left + 6, top + high / 2 + 0.5)
}

/** Shades the time after the newest packet, behind a line. */
function drawLiveEdge(pen: Pen, picture: LanesPicture, width: number, height: number): void {
  if (picture.liveEdgeUs === null) return
  const x = Math.round(timeToX(picture.scale, picture.liveEdgeUs))
  if (x > width) return
  pen.fillStyle = picture.palette.surfaceRaised
  pen.globalAlpha = 0.5
  pen.fillRect(x, RULER_HEIGHT, width - x, height - RULER_HEIGHT)
  pen.globalAlpha = 1
  pen.fillStyle = picture.palette.liveEdge
  pen.fillRect(x, 0, 1, height)
}

function drawRuler(pen: Pen, picture: LanesPicture, ticks: ReturnType<typeof timeTicks>, width: number): void {
  const { palette, scale, alarms } = picture
  pen.fillStyle = palette.surface
  pen.fillRect(0, 0, width, RULER_HEIGHT)
  pen.fillStyle = palette.hairline
  pen.fillRect(0, RULER_HEIGHT - 1, width, 1)
  for (const tick of ticks) {
    const x = Math.round(timeToX(scale, tick.timeUs))
    pen.fillStyle = tick.strong ? palette.textQuiet : palette.gridStrong
    pen.fillRect(x, RULER_HEIGHT - (tick.strong ? 8 : 5), 1, tick.strong ? 8 : 5)
    pen.fillStyle = tick.strong ? palette.text : palette.textQuiet
    pen.fillText(tick.label, x + TICK_LABEL_X, 11)
  }
  for (const alarm of alarms) {
    const x = timeToX(scale, alarm.time * 1e6)
    if (x < -5 || x > width + 5 || alarm.severity === 'info') continue
    pen.fillStyle = alarm.severity === 'error' ? palette.hole : palette.warning
    pen.beginPath()
    pen.moveTo(x, RULER_HEIGHT - 8)
    pen.lineTo(x + 4, RULER_HEIGHT - 1)
    pen.lineTo(x - 4, RULER_HEIGHT - 1)
    pen.closePath()
    pen.fill()
  }
  if (picture.liveEdgeUs !== null) {
    const x = timeToX(scale, picture.liveEdgeUs)
    pen.fillStyle = palette.liveEdge
    pen.fillRect(Math.round(x) - 1, 0, 3, RULER_HEIGHT)
  }
}

export type OverlayPicture = {
  readonly layout: LaneLayout
  readonly columns: ObjectColumns
  readonly scale: TimeScale
  readonly palette: Palette
  readonly scrollTop: number
  readonly cursorUs: number | null
  readonly cursorLabel: string
  /** How the ruler's labels are written. */
  readonly reading: TimeReading
  /** Position of the pointer; null: outside. */
  readonly hoverX: number | null
  readonly hoverRow: number
  readonly selectedRow: number
}

/** Draws the selection, the pointer and the cursor over the picture of `drawLanes`. */
export function drawOverlay(pen: Pen, picture: OverlayPicture, width: number, height: number): void {
  const { palette, scale } = picture
  pen.font = palette.font
  pen.textBaseline = 'middle'
  if (picture.hoverX !== null) {
    pen.fillStyle = palette.textQuiet
    pen.globalAlpha = 0.6
    pen.fillRect(Math.round(picture.hoverX), RULER_HEIGHT, 1, height - RULER_HEIGHT)
    pen.globalAlpha = 1
  }
  pen.save()
  pen.beginPath()
  pen.rect(0, RULER_HEIGHT, width, height - RULER_HEIGHT)
  pen.clip()
  if (picture.hoverRow >= 0 && picture.hoverRow !== picture.selectedRow) outline(pen, picture, picture.hoverRow, false)
  if (picture.selectedRow >= 0) outline(pen, picture, picture.selectedRow, true)
  pen.restore()
  if (picture.cursorUs === null) return
  const x = Math.round(timeToX(scale, picture.cursorUs))
  if (x < 0 || x > width) return
  pen.fillStyle = palette.cursor
  pen.fillRect(x, RULER_HEIGHT - 6, 1, height - RULER_HEIGHT + 6)
  const labelWidth = pen.measureText(picture.cursorLabel).width + 10
  const left = Math.min(Math.max(x - labelWidth / 2, 0), width - labelWidth)
  // Labels of the ruler are hidden whole, not cut by this one.
  pen.fillStyle = palette.surface
  for (const tick of timeTicks(scale, picture.reading)) {
    const from = Math.round(timeToX(scale, tick.timeUs)) + TICK_LABEL_X
    const wide = pen.measureText(tick.label).width
    if (from < left + labelWidth && from + wide > left) pen.fillRect(from, 2, wide, TICK_LABEL_HEIGHT)
  }
  pen.fillStyle = palette.cursor
  pen.beginPath()
  pen.roundRect(left, 2, labelWidth, 18, 3)
  pen.fill()
  pen.fillStyle = palette.surface
  pen.fillText(picture.cursorLabel, left + 5, 11.5)
}

function outline(pen: Pen, picture: OverlayPicture, row: number, selected: boolean): void {
  const { columns, layout, palette, scale } = picture
  const channel = columns.values.channel[row]
  const lane = layout.lanes.find((one) => one.kind === 'channel' && one.channel === channel)
  if (lane === undefined) return
  const start = timeToX(scale, columns.values.firstTimeUs[row] ?? 0)
  const repeated = (columns.values.repeats[row] ?? 0) > 0
  const end = repeated ? start : timeToX(scale, columns.values.lastTimeUs[row] ?? 0)
  const box = barBox(lane.height)
  const x0 = Math.max(start, -10)
  const wide = Math.max(Math.min(end, scale.left + scale.width + 10) - x0, 4)
  if (x0 + wide < 0 || x0 > scale.left + scale.width) return
  const y = lane.y + RULER_HEIGHT - picture.scrollTop + box.top
  pen.beginPath()
  pen.roundRect(x0 - 1.5, y - 1.5, wide + 2, box.height + 3, 2)
  if (selected) {
    pen.strokeStyle = palette.accent
    pen.globalAlpha = 0.45
    pen.lineWidth = 5
    pen.stroke()
    pen.globalAlpha = 1
  }
  pen.strokeStyle = selected ? palette.cursor : palette.text
  pen.lineWidth = selected ? 2 : 1
  pen.stroke()
  pen.lineWidth = 1
}
