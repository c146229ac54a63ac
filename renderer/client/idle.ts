/*
 * `<html data-idle="true">` says that no call is in flight and that what was last received is on the screen: the signal
 * e2e tests and screenshots wait for. Whoever waits for the engine, or for a frame to draw, holds a `busy()`.
 */
let holders = 0
let generation = 0

/** Marks work begun; call the returned function once when it is done (further calls do nothing). */
export function busy(): () => void {
  holders += 1
  generation += 1
  show(false)
  let held = true
  return () => {
    if (!held) return
    held = false
    holders -= 1
    if (holders === 0) settle(generation)
  }
}

/** Two frames: one for React to render what arrived, one for the canvases that follow it. */
function settle(asked: number): void {
  const frame = globalThis.requestAnimationFrame ?? ((run: () => void) => setTimeout(run, 0))
  frame(() =>
    frame(() => {
      if (holders === 0 && generation === asked) show(true)
    }),
  )
}

function show(idle: boolean): void {
  if (typeof document !== 'undefined') document.documentElement.dataset.idle = String(idle)
}
