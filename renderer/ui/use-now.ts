import { useSyncExternalStore } from 'react'

/*
 * The clock of all ages and waits on the screen, at 1 Hz. It stops while the window is hidden or nothing uses it.
 */
const listeners = new Set<() => void>()
let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    nowMs = Date.now()
    timer = setInterval(() => {
      nowMs = Date.now()
      for (const one of listeners) one()
    }, 1000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Wall clock in ms, updated once a second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}
