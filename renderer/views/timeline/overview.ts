import { OBJECT_STATE } from '../../../core/contract/object-table.ts'
import type { ReportAlarm } from '../../../core/contract/report.ts'
import type { Palette } from '../../canvas/palette.ts'
import { formatRate } from '../../model/format.ts'
import { type TimeScale, timeToX } from '../../model/time-scale.ts'
import { NO_CHANNEL, type ObjectColumns } from '../../stores/object-columns.ts'

const BUCKETS = 600
/** Over shorter times a few packets have any rate, s. */
const LEAST_RATE_S = 0.001

/** Data of the strip: bytes of objects over time, and incomplete objects. */
export class Overview {
  readonly bytes = new Float64Array(BUCKETS)
  /** Number of incomplete objects. */
  readonly partial = new Uint32Array(BUCKETS)
  fromUs = 0
  toUs = 0
  peak = 0

  /** The height of the strip in words: its highest rate; empty where the session is too short to have one. */
  get peakText(): string {
    const seconds = (this.toUs - this.fromUs) / BUCKETS / 1e6
    return seconds >= LEAST_RATE_S ? `peak ${formatRate((this.peak * 8) / seconds)}` : ''
  }

  /** Counts all rows again, in O(rows). */
  rebuild(columns: ObjectColumns): void {
    this.bytes.fill(0)
    this.partial.fill(0)
    this.peak = 0
    if (columns.minUs > columns.maxUs) {
      this.fromUs = 0
      this.toUs = 0
      return
    }
    this.fromUs = columns.minUs
    this.toUs = Math.max(columns.maxUs, columns.minUs + 1000)
    const perUs = BUCKETS / (this.toUs - this.fromUs)
    const { channel, firstTimeUs, lastTimeUs, received, state, repeats } = columns.values
    for (let row = 0; row < columns.count; row++) {
      if (channel[row] === NO_CHANNEL) continue
      const first = Math.min(BUCKETS - 1, Math.floor(((firstTimeUs[row] as number) - this.fromUs) * perUs))
      const end = (repeats[row] as number) > 0 ? first : Math.floor(((lastTimeUs[row] as number) - this.fromUs) * perUs)
      const last = Math.min(BUCKETS - 1, Math.max(first, end))
      const each = (received[row] as number) / (last - first + 1)
      for (let bucket = first; bucket <= last; bucket++) this.bytes[bucket] = (this.bytes[bucket] as number) + each
      if (state[row] === OBJECT_STATE.partial) this.partial[first] = (this.partial[first] as number) + 1
    }
    for (const value of this.bytes) if (value > this.peak) this.peak = value
  }
}

export type OverviewPicture = {
  readonly overview: Overview
  readonly scale: TimeScale
  readonly palette: Palette
  readonly range: { readonly fromUs: number; readonly toUs: number }
  readonly cursorUs: number | null
  readonly alarms: readonly ReportAlarm[]
}

const TICKS_HEIGHT = 6

export function drawOverview(
  pen: CanvasRenderingContext2D,
  picture: OverviewPicture,
  width: number,
  height: number,
): void {
  const { overview, palette, scale, range } = picture
  const base = height - 2
  const room = height - TICKS_HEIGHT - 6
  const step = scale.width / BUCKETS
  if (overview.peak > 0) {
    pen.beginPath()
    pen.moveTo(scale.left, base)
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      // The square root keeps low rates visible beside a burst.
      const y = base - Math.sqrt((overview.bytes[bucket] as number) / overview.peak) * room
      pen.lineTo(scale.left + bucket * step, y)
      pen.lineTo(scale.left + (bucket + 1) * step, y)
    }
    pen.lineTo(scale.left + scale.width, base)
    pen.closePath()
    pen.fillStyle = palette.textQuiet
    pen.globalAlpha = 0.55
    pen.fill()
    pen.globalAlpha = 1
  }
  drawPeak(pen, picture)
  pen.fillStyle = palette.hole
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if ((overview.partial[bucket] as number) > 0)
      pen.fillRect(scale.left + bucket * step, 1, Math.max(step, 2), TICKS_HEIGHT)
  }
  for (const alarm of picture.alarms) {
    if (alarm.severity === 'info') continue
    pen.fillStyle = alarm.severity === 'error' ? palette.hole : palette.warning
    pen.fillRect(timeToX(scale, alarm.time * 1e6), 1, 2, TICKS_HEIGHT)
  }
  const left = Math.max(0, timeToX(scale, range.fromUs))
  const right = Math.min(width, Math.max(timeToX(scale, range.toUs), left + 4))
  pen.fillStyle = palette.surface
  pen.globalAlpha = 0.6
  pen.fillRect(0, 0, left, height)
  pen.fillRect(right, 0, width - right, height)
  pen.globalAlpha = 1
  pen.fillStyle = palette.range
  pen.fillRect(left, 0, right - left, height)
  pen.fillStyle = palette.accent
  pen.fillRect(left, 0, 1, height)
  pen.fillRect(right - 1, 0, 1, height)
  pen.fillRect(left - 1, height / 2 - 6, 3, 12)
  pen.fillRect(right - 2, height / 2 - 6, 3, 12)
  if (picture.cursorUs !== null) {
    pen.fillStyle = palette.cursor
    pen.fillRect(timeToX(scale, picture.cursorUs), 0, 1, height)
  }
}

/** The grip at `x`. */
export function overviewGrip(
  scale: TimeScale,
  range: { fromUs: number; toUs: number },
  x: number,
): 'from' | 'to' | 'move' | 'new' {
  const left = timeToX(scale, range.fromUs)
  const right = timeToX(scale, range.toUs)
  const slop = right - left > 24 ? 6 : 3
  if (Math.abs(x - left) <= slop) return 'from'
  if (Math.abs(x - right) <= slop) return 'to'
  return x > left && x < right ? 'move' : 'new'
}

function drawPeak(pen: CanvasRenderingContext2D, { overview, palette, scale }: OverviewPicture): void {
  const label = overview.peakText
  if (label === '') return
  pen.font = palette.font
  pen.textBaseline = 'middle'
  pen.fillStyle = palette.surface
  pen.globalAlpha = 0.75
  pen.fillRect(scale.left, TICKS_HEIGHT + 2, pen.measureText(label).width + 10, 15)
  pen.globalAlpha = 1
  pen.fillStyle = palette.text
  pen.fillText(label, scale.left + 5, TICKS_HEIGHT + 10)
}
