import { CanvasSurface } from '../../canvas/canvas-surface.ts'
import { listen } from '../../canvas/listen.ts'
import { type Palette, readPalette } from '../../canvas/palette.ts'
import { fitRange, panRange, type TimeRange, type TimeScale, xToTime } from '../../model/time-scale.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { setTimeRange, timeStore } from '../../stores/time-store.ts'
import { drawOverview, Overview, overviewGrip } from './overview.ts'

/** Counting all rows again may take so much of the time, one in so many. */
const COUNT_SHARE = 50
const COUNT_PAUSE_MS = 250
const NARROWEST_US = 1000

type Held = { readonly grip: 'from' | 'to' | 'move' | 'new'; readonly atUs: number; readonly range: TimeRange }

/** The whole session in a strip: its window moves, its ends stretch, elsewhere a new one is drawn; a double click shows all. */
export class OverviewStrip {
  readonly #surface: CanvasSurface
  readonly #overview = new Overview()
  readonly #offs: readonly (() => void)[]
  #palette: Palette
  #held: Held | null = null
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
        this.#held = null
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
      // The last rows of a burst must not wait for the next one.
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
    this.#held = { grip, atUs: xToTime(scale, event.offsetX), range: { fromUs, toUs } }
  }

  #move(event: PointerEvent): void {
    const scale = this.#scale()
    const held = this.#held
    if (held === null) {
      const grip = overviewGrip(scale, timeStore.getState(), event.offsetX)
      const shape = grip === 'from' || grip === 'to' ? 'ew-resize' : grip === 'move' ? 'grab' : 'crosshair'
      this.#surface.canvas.style.cursor = shape
      return
    }
    const timeUs = xToTime(scale, event.offsetX)
    const { range, atUs } = held
    if (held.grip === 'move') choose(panRange(range, timeUs - atUs, objectColumns.minUs, objectColumns.maxUs))
    else if (held.grip === 'from') choose({ fromUs: Math.min(timeUs, range.toUs - NARROWEST_US), toUs: range.toUs })
    else if (held.grip === 'to') choose({ fromUs: range.fromUs, toUs: Math.max(timeUs, range.fromUs + NARROWEST_US) })
    else if (timeUs !== atUs) choose({ fromUs: Math.min(atUs, timeUs), toUs: Math.max(atUs, timeUs) })
  }

  /** A click outside the window brings the window there. */
  #release(event: PointerEvent): void {
    const held = this.#held
    this.#held = null
    if (held?.grip !== 'new' || Math.abs(xToTime(this.#scale(), event.offsetX) - held.atUs) >= 1) return
    const half = (held.range.toUs - held.range.fromUs) / 2
    choose({ fromUs: held.atUs - half, toUs: held.atUs + half })
  }
}

const choose = (range: TimeRange): void => setTimeRange(range.fromUs, range.toUs)
