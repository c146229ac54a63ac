import { CanvasSurface } from '../../canvas/canvas-surface.ts'
import { listen } from '../../canvas/listen.ts'
import { type Palette, readPalette } from '../../canvas/palette.ts'
import { fitRange, panRange, type TimeRange, type TimeScale, xToTime } from '../../model/time-scale.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { setTimeRange, timeStore } from '../../stores/time-store.ts'
import { drawOverview, Overview, overviewGrip } from './overview.ts'

/** Counting all rows again takes at most one part in COUNT_SHARE of the time. */
const COUNT_SHARE = 50
const COUNT_PAUSE_MS = 250
const NARROWEST_US = 1000

type Drag = { readonly grip: 'from' | 'to' | 'move' | 'new'; readonly atUs: number; readonly range: TimeRange }

/** A strip of the whole session. Dragging moves the range or its ends, or draws a new one; a double click shows all. */
export class OverviewStrip {
  readonly #surface: CanvasSurface
  readonly #overview = new Overview()
  readonly #offs: readonly (() => void)[]
  #palette: Palette
  #drag: Drag | null = null
  #version = -1
  #countAfterMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(canvas: HTMLCanvasElement) {
    this.#palette = readPalette(canvas)
    this.#surface = new CanvasSurface(canvas, (pen, width, height) => this.#paint(pen, width, height))
    this.#offs = [
      listen(canvas, 'pointerdown', (event) => this.#press(event)),
      listen(canvas, 'pointermove', (event) => this.#move(event)),
      listen(canvas, 'pointerup', (event) => this.#release(event)),
      listen(canvas, 'pointercancel', () => {
        this.#drag = null
      }),
      listen(canvas, 'dblclick', () => {
        const { minUs, maxUs } = objectColumns
        if (minUs <= maxUs) choose(fitRange(minUs, maxUs))
      }),
    ]
  }

  invalidate(): void {
    this.#surface.invalidate()
  }

  readTheme(): void {
    this.#palette = readPalette(this.#surface.canvas)
    this.#surface.invalidate()
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const off of this.#offs) off()
    this.#surface.close()
  }

  #paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    this.#count()
    if (this.#overview.toUs === 0) return
    const { fromUs, toUs, cursorUs } = timeStore.getState()
    const picture = {
      overview: this.#overview,
      scale: this.#scale(),
      palette: this.#palette,
      range: { fromUs, toUs },
      cursorUs,
      alarms: sessionStore.getState().snapshot?.alarms ?? [],
    }
    drawOverview(pen, picture, width, height)
  }

  #count(): void {
    if (this.#version === objectColumns.version) return
    const now = performance.now()
    if (now < this.#countAfterMs) {
      // Paints the last rows of a burst.
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#surface.invalidate()
      }, this.#countAfterMs - now)
      return
    }
    this.#overview.rebuild(objectColumns)
    this.#version = objectColumns.version
    this.#countAfterMs = now + Math.max(COUNT_PAUSE_MS, (performance.now() - now) * COUNT_SHARE)
  }

  #scale(): TimeScale {
    const { fromUs, toUs } = this.#overview
    return { fromUs, toUs: Math.max(toUs, fromUs + 1), left: 0, width: Math.max(1, this.#surface.width) }
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0 || this.#overview.toUs === 0) return
    this.#surface.canvas.setPointerCapture(event.pointerId)
    const { fromUs, toUs } = timeStore.getState()
    const scale = this.#scale()
    const grip = overviewGrip(scale, { fromUs, toUs }, event.offsetX)
    this.#drag = { grip, atUs: xToTime(scale, event.offsetX), range: { fromUs, toUs } }
  }

  #move(event: PointerEvent): void {
    const scale = this.#scale()
    const drag = this.#drag
    if (drag === null) {
      const grip = overviewGrip(scale, timeStore.getState(), event.offsetX)
      const shape = grip === 'from' || grip === 'to' ? 'ew-resize' : grip === 'move' ? 'grab' : 'crosshair'
      this.#surface.canvas.style.cursor = shape
      return
    }
    const timeUs = xToTime(scale, event.offsetX)
    const { range, atUs } = drag
    if (drag.grip === 'move') choose(panRange(range, timeUs - atUs, objectColumns.minUs, objectColumns.maxUs))
    else if (drag.grip === 'from') choose({ fromUs: Math.min(timeUs, range.toUs - NARROWEST_US), toUs: range.toUs })
    else if (drag.grip === 'to') choose({ fromUs: range.fromUs, toUs: Math.max(timeUs, range.fromUs + NARROWEST_US) })
    else if (timeUs !== atUs) choose({ fromUs: Math.min(atUs, timeUs), toUs: Math.max(atUs, timeUs) })
  }

  /** Ends a drag. A click outside the range moves the range there. */
  #release(event: PointerEvent): void {
    const drag = this.#drag
    this.#drag = null
    if (drag?.grip !== 'new' || Math.abs(xToTime(this.#scale(), event.offsetX) - drag.atUs) >= 1) return
    const half = (drag.range.toUs - drag.range.fromUs) / 2
    choose({ fromUs: drag.atUs - half, toUs: drag.atUs + half })
  }
}

const choose = (range: TimeRange): void => setTimeRange(range.fromUs, range.toUs)
