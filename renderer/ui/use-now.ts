import { useSyncExternalStore } from 'react'

/*
 * One clock for all ages and waits on the screen, at 1 Hz, so that they tick together; it stands still while nobody looks.
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

/** Wall ms, renewed once a second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}
