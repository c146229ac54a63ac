import { useSyncExternalStore } from 'react'

function subscribe(listener: () => void): () => void {
  addEventListener('resize', listener)
  return () => removeEventListener('resize', listener)
}

/** Inner width of the window in px. */
export function useWindowWidth(): number {
  return useSyncExternalStore(subscribe, () => innerWidth)
}
