import { OBJECT_STATE } from '../../../core/contract/object-table.ts'
import { CanvasSurface } from '../../canvas/canvas-surface.ts'
import { listen } from '../../canvas/listen.ts'
import { type Palette, readPalette, watchTheme } from '../../canvas/palette.ts'
import { formatTime } from '../../model/format.ts'
import { isCapture } from '../../model/names.ts'
import {
  fitRange,
  panRange,
  readingOriginUs,
  type TimeRange,
  type TimeReading,
  type TimeScale,
  xToTime,
  zoomRange,
} from '../../model/time-scale.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { selectionStore, selectObject, selectSignalling } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { setCursor, setTimeRange, timeStore } from '../../stores/time-store.ts'
import { drawLanes, drawOverlay } from './draw.ts'
import { type Hit, type Hover, hitTest } from './hit-test.ts'
import { LaneIndex } from './lane-index.ts'
import { type LaneLayout, RULER_HEIGHT } from './lanes.ts'
import { OverviewStrip } from './overview-strip.ts'
import { buildScene, Scene } from './scene.ts'
import { isMoving, isPaced, sessionEdge, startUs } from './session-edge.ts'

/** Initial range of a live session. */
const LIVE_SPAN_US = 30_000_000
const CLICK_SLOP = 3
/** Interval at which the axis goes on where nothing comes. */
const CLOCK_MS = 200

export type TimelineParts = {
  readonly lanes: HTMLCanvasElement
  readonly overlay: HTMLCanvasElement
  readonly overview: HTMLCanvasElement
  /** Scrolls the lanes; the canvases are sticky inside. */
  readonly scroller: HTMLElement
  readonly onHover: (hover: Hover) => void
}

/**
 * Connects the timeline's canvases to the stores: paints when data, range, selection or size change, and turns pointer and
 * wheel events into ranges and selections. Its only data are indices over the columns.
 */
export class TimelineController {
  readonly #parts: TimelineParts
  readonly #surfaces: {
    readonly lanes: CanvasSurface
    readonly overlay: CanvasSurface
  }
  readonly #index = new LaneIndex(objectColumns)
  readonly #scene = new Scene()
  readonly #strip: OverviewStrip
  readonly #offs: (() => void)[] = []
  #layout: LaneLayout = { lanes: [], height: 0 }
  #palette: Palette
  #scrollTop = 0
  #hoverX: number | null = null
  #hoverRow = -1
  #changedMs = 0
  #drag: {
    readonly x: number
    readonly y: number
    readonly range: TimeRange
    readonly scrollTop: number
    moved: boolean
  } | null = null

  constructor(parts: TimelineParts) {
    this.#parts = parts
    this.#palette = readPalette(parts.scroller)
    this.#surfaces = {
      lanes: new CanvasSurface(parts.lanes, (pen, width, height) => this.#paintLanes(pen, width, height)),
      overlay: new CanvasSurface(parts.overlay, (pen, width, height) => this.#paintOverlay(pen, width, height)),
    }
    this.#strip = new OverviewStrip(parts.overview)
    this.#scrollTop = parts.scroller.scrollTop
    this.#offs.push(
      objectColumns.subscribe(() => this.#dataChanged()),
      sessionStore.subscribe((state, before) => {
        if (state.snapshot !== before.snapshot) this.#dataChanged()
      }),
      timeStore.subscribe(() => this.#invalidateAll()),
      selectionStore.subscribe((state, before) => {
        if (state.objectIndex !== before.objectIndex) this.#selectionChanged(state.objectIndex)
      }),
      watchTheme(() => {
        this.#palette = readPalette(parts.scroller)
        this.#strip.readTheme()
        this.#invalidateAll()
      }),
      listen(parts.scroller, 'scroll', () => {
        this.#scrollTop = parts.scroller.scrollTop
        this.#surfaces.lanes.invalidate()
        this.#surfaces.overlay.invalidate()
      }),
      listen(parts.overlay, 'wheel', (event) => this.#wheel(event), { passive: false }),
      listen(parts.overlay, 'pointerdown', (event) => this.#press(event)),
      listen(parts.overlay, 'pointermove', (event) => this.#move(event)),
      listen(parts.overlay, 'pointerup', (event) => this.#release(event)),
      listen(parts.overlay, 'pointercancel', () => {
        this.#drag = null
      }),
      listen(parts.overlay, 'pointerleave', () => this.#leave()),
      listen(parts.overlay, 'dblclick', () => this.focusSelection()),
    )
    const clock = setInterval(() => this.#timePassed(), CLOCK_MS)
    this.#offs.push(() => clearInterval(clock))
    this.#dataChanged()
  }

  close(): void {
    this.#strip.close()
    for (const off of this.#offs) off()
    for (const surface of Object.values(this.#surfaces)) surface.close()
  }

  setLayout(layout: LaneLayout): void {
    this.#layout = layout
    this.#invalidateAll()
  }

  /** Scales the range by `factor`, around a visible cursor or the middle. */
  zoom(factor: number): void {
    const { fromUs, toUs, cursorUs } = timeStore.getState()
    const seen = cursorUs !== null && cursorUs >= fromUs && cursorUs <= toUs
    this.#choose(zoomRange({ fromUs, toUs }, seen ? cursorUs : (fromUs + toUs) / 2, factor))
  }

  /** Moves the range by a share of its width. */
  pan(share: number): void {
    const { fromUs, toUs } = timeStore.getState()
    const { minUs, maxUs } = objectColumns
    this.#choose(panRange({ fromUs, toUs }, (toUs - fromUs) * share, minUs, maxUs))
  }

  fit(): void {
    const { minUs, maxUs } = objectColumns
    if (minUs <= maxUs) this.#choose(fitRange(minUs, maxUs))
  }

  /** Zooms to the selected object; the second time, or without a selection, to everything. */
  focusSelection(): void {
    const row = selectionStore.getState().objectIndex
    const first = row === null ? undefined : objectColumns.values.firstTimeUs[row]
    const last = row === null ? undefined : objectColumns.values.lastTimeUs[row]
    if (row === null || row >= objectColumns.count || first === undefined || last === undefined) {
      this.fit()
      return
    }
    const span = Math.max(last - first, 2000)
    const wanted = { fromUs: first - span, toUs: last + span }
    const { fromUs, toUs } = timeStore.getState()
    const already = Math.abs(wanted.fromUs - fromUs) < span * 0.05 && Math.abs(wanted.toUs - toUs) < span * 0.05
    if (already) this.fit()
    else this.#choose(wanted)
  }

  /** Moves the range to the newest packet, and follows it while the session runs. */
  followEdge(): void {
    const { fromUs, toUs } = timeStore.getState()
    const edge = sessionEdge.at(sessionStore.getState().snapshot, performance.now())
    if (edge === null) return
    const span = toUs - fromUs
    setTimeRange(edge - span * 0.95, edge + span * 0.05, true)
  }

  /** Selects the previous or next object on the lane; without a selection, the first visible one. */
  step(direction: 1 | -1): void {
    this.#index.sync()
    const selected = selectionStore.getState().objectIndex
    if (selected !== null && selected < objectColumns.count) {
      const rows = this.#index.rows(objectColumns.values.channel[selected] ?? -1)
      const place = this.#index.place(selected)
      const next = place < 0 ? undefined : rows?.order[place + direction]
      if (rows !== undefined && next !== undefined && place + direction < rows.count) selectObject(next)
      return
    }
    const { fromUs } = timeStore.getState()
    for (const lane of this.#layout.lanes) {
      const rows = lane.kind === 'channel' ? this.#index.rows(lane.channel) : undefined
      if (lane.kind !== 'channel' || rows === undefined) continue
      const row = rows.order[this.#index.firstVisible(lane.channel, rows, fromUs)]
      if (row !== undefined) {
        selectObject(row)
        return
      }
    }
  }

  /** Selects the next incomplete object in time on the visible lanes. @returns whether there is one */
  stepProblem(direction: 1 | -1): boolean {
    const { count, values } = objectColumns
    const { state, firstTimeUs, channel } = values
    const shown = new Set(this.#layout.lanes.flatMap((lane) => (lane.kind === 'channel' ? [lane.channel] : [])))
    const selected = selectionStore.getState().objectIndex
    const { fromUs, toUs } = timeStore.getState()
    const start = selected === null ? (direction > 0 ? fromUs : toUs) : (firstTimeUs[selected] ?? fromUs)
    let best = -1
    for (let row = 0; row < count; row++) {
      if (state[row] !== OBJECT_STATE.partial || row === selected || !shown.has(channel[row] as number)) continue
      // Objects of the same microsecond are ordered by their row.
      const time = firstTimeUs[row] as number
      const ahead = (time - start) * direction
      if (ahead < 0 || (ahead === 0 && selected !== null && (row - selected) * direction < 0)) continue
      const bestTime = best < 0 ? 0 : (firstTimeUs[best] as number)
      if (best < 0 || (bestTime - time) * direction > 0) best = row
    }
    if (best >= 0) selectObject(best)
    return best >= 0
  }

  #scale(): TimeScale {
    const { fromUs, toUs } = timeStore.getState()
    return { fromUs, toUs: Math.max(toUs, fromUs + 1), left: 0, width: Math.max(1, this.#surfaces.lanes.width) }
  }

  #reading(): TimeReading {
    const { base, cursorUs } = timeStore.getState()
    return { base, startUs: startUs(sessionStore.getState().snapshot), cursorUs }
  }

  #choose(range: TimeRange): void {
    setTimeRange(range.fromUs, range.toUs)
  }

  #invalidateAll(): void {
    this.#surfaces.lanes.invalidate()
    this.#surfaces.overlay.invalidate()
    this.#strip.invalidate()
  }

  /** Time goes on without data. */
  #timePassed(): void {
    if (document.hidden || performance.now() - this.#changedMs < CLOCK_MS) return
    if (isPaced(sessionStore.getState().snapshot)) this.#dataChanged()
  }

  #dataChanged(): void {
    this.#changedMs = performance.now()
    this.#follow()
    this.#invalidateAll()
  }

  /** Sets the initial range, and moves it with the newest packet while following. */
  #follow(): void {
    const { fromUs, toUs, follow } = timeStore.getState()
    const { snapshot } = sessionStore.getState()
    const edge = sessionEdge.at(snapshot, performance.now())
    if (!follow || edge === null) return
    if (snapshot === null || (isCapture(snapshot) && snapshot.source.pace === 'fast')) {
      // A capture read at full speed is shown as a whole.
      const { minUs, maxUs } = objectColumns
      const all = fitRange(Math.min(minUs, maxUs), maxUs)
      if (all.fromUs !== fromUs || all.toUs !== toUs) setTimeRange(all.fromUs, all.toUs, true)
      return
    }
    if (toUs > fromUs && !isMoving(snapshot)) return
    const span = toUs > fromUs ? toUs - fromUs : LIVE_SPAN_US
    const to = edge + span * 0.05
    if (to !== toUs) setTimeRange(to - span, to, true)
  }

  #selectionChanged(row: number | null): void {
    this.#surfaces.overlay.invalidate()
    if (row === null || row >= objectColumns.count) return
    const first = objectColumns.values.firstTimeUs[row] ?? 0
    const last = Math.max(objectColumns.values.lastTimeUs[row] ?? first, first)
    const { fromUs, toUs } = timeStore.getState()
    if (last < fromUs || first > toUs) {
      const half = (toUs - fromUs) / 2
      const middle = last - first > half ? first + half / 2 : (first + last) / 2
      setTimeRange(middle - half, middle + half)
    }
    const channel = objectColumns.values.channel[row]
    const lane = this.#layout.lanes.find((one) => one.kind === 'channel' && one.channel === channel)
    const { scroller } = this.#parts
    const room = scroller.clientHeight - RULER_HEIGHT
    if (lane === undefined || room <= 0) return
    if (lane.y < scroller.scrollTop) scroller.scrollTop = lane.y
    else if (lane.y + lane.height > scroller.scrollTop + room) scroller.scrollTop = lane.y + lane.height - room
  }

  #paintLanes(pen: CanvasRenderingContext2D, width: number, height: number): void {
    if (timeStore.getState().toUs === 0) return
    const scale = this.#scale()
    const { snapshot } = sessionStore.getState()
    this.#index.sync()
    const top = this.#scrollTop
    buildScene(this.#scene, {
      layout: this.#layout,
      columns: objectColumns,
      index: this.#index,
      scale,
      top,
      bottom: top + height - RULER_HEIGHT,
    })
    const picture = {
      scene: this.#scene,
      layout: this.#layout,
      columns: objectColumns,
      scale,
      palette: this.#palette,
      reading: this.#reading(),
      alarms: snapshot?.alarms ?? [],
      scrollTop: top,
      liveEdgeUs: snapshot !== null && isMoving(snapshot) ? sessionEdge.at(snapshot, performance.now()) : null,
    }
    drawLanes(pen, picture, width, height)
  }

  #paintOverlay(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const { cursorUs, base } = timeStore.getState()
    const reading = this.#reading()
    const labelBase = base === 'cursor' ? 'local' : base
    const picture = {
      layout: this.#layout,
      columns: objectColumns,
      scale: this.#scale(),
      palette: this.#palette,
      scrollTop: this.#scrollTop,
      cursorUs,
      cursorLabel: cursorUs === null ? '' : formatTime(cursorUs, labelBase, readingOriginUs(reading)),
      reading,
      hoverX: this.#hoverX,
      hoverRow: this.#hoverRow,
      selectedRow: selectionStore.getState().objectIndex ?? -1,
    }
    drawOverlay(pen, picture, width, height)
  }

  #hit(x: number, y: number): Hit {
    this.#index.sync()
    return hitTest(this.#layout, objectColumns, this.#index, this.#scale(), x, y - RULER_HEIGHT + this.#scrollTop)
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault()
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1
    const { fromUs, toUs } = timeStore.getState()
    const sideways = event.shiftKey
      ? event.deltaX || event.deltaY
      : Math.abs(event.deltaX) > Math.abs(event.deltaY)
        ? event.deltaX
        : 0
    if (event.altKey) this.#parts.scroller.scrollTop += event.deltaY * unit
    else if (sideways !== 0 && !event.ctrlKey) this.pan((sideways * unit) / Math.max(1, this.#surfaces.lanes.width))
    else {
      // A pinch is small Ctrl+wheel steps, a mouse wheel steps of a hundred.
      const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0022))))
      const atUs =
        timeStore.getState().follow && factor !== 1 && isMoving(sessionStore.getState().snapshot)
          ? toUs
          : this.#timeUnder(event)
      const { follow } = timeStore.getState()
      const range = zoomRange({ fromUs, toUs }, atUs, factor)
      // While following, the live edge keeps its place on the screen.
      setTimeRange(range.fromUs, range.toUs, follow && isMoving(sessionStore.getState().snapshot))
    }
  }

  #timeUnder(event: MouseEvent): number {
    return xToTime(this.#scale(), event.offsetX)
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return
    const { fromUs, toUs } = timeStore.getState()
    this.#parts.overlay.setPointerCapture(event.pointerId)
    const scrollTop = this.#parts.scroller.scrollTop
    this.#drag = { x: event.clientX, y: event.clientY, range: { fromUs, toUs }, scrollTop, moved: false }
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag
    if (drag === null) {
      this.#point(event)
      return
    }
    const dx = event.clientX - drag.x
    const dy = event.clientY - drag.y
    if (!drag.moved && Math.abs(dx) < CLICK_SLOP && Math.abs(dy) < CLICK_SLOP) return
    if (!drag.moved) {
      drag.moved = true
      this.#leave()
      this.#parts.overlay.style.cursor = 'grabbing'
    }
    const perPixel = (drag.range.toUs - drag.range.fromUs) / Math.max(1, this.#surfaces.lanes.width)
    this.#choose(panRange(drag.range, -dx * perPixel, objectColumns.minUs, objectColumns.maxUs))
    this.#parts.scroller.scrollTop = drag.scrollTop - dy
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag
    this.#drag = null
    this.#parts.overlay.style.cursor = ''
    if (drag === null || drag.moved) return
    if (event.offsetY > RULER_HEIGHT) {
      const hit = this.#hit(event.offsetX, event.offsetY)
      if (hit.kind === 'object') selectObject(hit.row)
      else if (hit.kind === 'table') selectSignalling(hit.key)
    }
    setCursor(this.#timeUnder(event))
  }

  #point(event: PointerEvent): void {
    this.#hoverX = event.offsetX
    const hit = event.offsetY > RULER_HEIGHT ? this.#hit(event.offsetX, event.offsetY) : null
    const row = hit?.kind === 'object' ? hit.row : -1
    this.#hoverRow = row
    this.#parts.overlay.style.cursor = hit?.kind === 'object' || hit?.kind === 'table' ? 'pointer' : ''
    const at = { x: event.offsetX, y: event.offsetY }
    if (hit?.kind === 'request') this.#parts.onHover({ request: hit.request, ...at })
    else this.#parts.onHover(row < 0 ? null : { row, ...at })
    this.#surfaces.overlay.invalidate()
  }

  #leave(): void {
    this.#hoverX = null
    this.#hoverRow = -1
    this.#parts.onHover(null)
    this.#surfaces.overlay.invalidate()
  }
}
