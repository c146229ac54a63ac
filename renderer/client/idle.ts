/*
 * `<html data-idle="true">` means that no call is in flight and that the last data is on the screen. End-to-end tests and
 * screenshots wait for it. Code that waits for the engine or for a frame calls `busy()`.
 */
let running = 0
let generation = 0

/** Marks the page busy. @returns a function that ends it; further calls do nothing */
export function busy(): () => void {
  running += 1
  generation += 1
  show(false)
  let active = true
  return () => {
    if (!active) return
    active = false
    running -= 1
    if (running === 0) settle(generation)
  }
}

/** Waits two frames: one for React to render, one for the canvases that follow it. */
function settle(asked: number): void {
  const frame = globalThis.requestAnimationFrame ?? ((run: () => void) => setTimeout(run, 0))
  frame(() =>
    frame(() => {
      if (running === 0 && generation === asked) show(true)
    }),
  )
}

function show(idle: boolean): void {
  if (typeof document !== 'undefined') document.documentElement.dataset.idle = String(idle)
}
