/*
 * The one animation frame all canvases share. Nothing runs unless something asked to be painted, and nothing runs while the
 * window is hidden: what was asked for meanwhile is painted once when it shows again.
 */
const waiting = new Set<() => void>()
let frame = 0
let watching = false

/** Paints once in the next frame, however often it is asked for before. */
export function requestPaint(paint: () => void): void {
  waiting.add(paint)
  schedule()
}

/** Takes back a paint that has not run: the canvas is going away. */
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
