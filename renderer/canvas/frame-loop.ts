/*
 * The animation frame that all canvases share. It runs only when a paint is requested and the window is visible; requests of
 * a hidden window run once it is visible.
 */
const waiting = new Set<() => void>()
let frame = 0
let watching = false

/** Runs `paint` once in the next frame, however often it is requested. */
export function requestPaint(paint: () => void): void {
  waiting.add(paint)
  schedule()
}

/** Cancels a requested paint, before its canvas is removed. */
export function cancelPaint(paint: () => void): void {
  waiting.delete(paint)
}

function schedule(): void {
  if (!watching) {
    watching = true
    document.addEventListener('visibilitychange', schedule)
  }
  if (frame === 0 && waiting.size > 0 && !document.hidden) frame = requestAnimationFrame(run)
}

function run(): void {
  frame = 0
  const paints = [...waiting]
  waiting.clear()
  for (const paint of paints) paint()
}
