import { cancelPaint, requestPaint } from './frame-loop.ts'

/** A canvas in CSS pixels at the screen's resolution. The shared frame paints it when it is invalid. */
export class CanvasSurface {
  readonly canvas: HTMLCanvasElement
  /** CSS pixels. */
  width = 0
  height = 0
  readonly #context: CanvasRenderingContext2D | null
  readonly #paint: (context: CanvasRenderingContext2D, width: number, height: number) => void
  readonly #observer: ResizeObserver
  #ratio = 1

  /** @param paint draws into a cleared context in CSS pixels */
  constructor(
    canvas: HTMLCanvasElement,
    paint: (context: CanvasRenderingContext2D, width: number, height: number) => void,
  ) {
    this.canvas = canvas
    this.#paint = paint
    this.#context = canvas.getContext('2d')
    this.#observer = new ResizeObserver(() => this.#measure())
    // The observer's first call measures the canvas.
    this.#observer.observe(canvas)
  }

  invalidate(): void {
    requestPaint(this.#run)
  }

  close(): void {
    this.#observer.disconnect()
    cancelPaint(this.#run)
  }

  #measure(): void {
    const width = this.canvas.clientWidth
    const height = this.canvas.clientHeight
    const ratio = globalThis.devicePixelRatio || 1
    if (width === this.width && height === this.height && ratio === this.#ratio) return
    this.width = width
    this.height = height
    this.#ratio = ratio
    this.canvas.width = Math.max(1, Math.round(width * ratio))
    this.canvas.height = Math.max(1, Math.round(height * ratio))
    // Setting the size clears the canvas; painting in the same task prevents a flash.
    this.#run()
  }

  readonly #run = (): void => {
    const context = this.#context
    if (context === null || this.width === 0 || this.height === 0) return
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    context.clearRect(0, 0, this.width, this.height)
    this.#paint(context, this.width, this.height)
  }
}
