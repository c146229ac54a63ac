import { useStore } from 'zustand'
import { sessionStore } from '../stores/session-store.ts'
import { timeStore } from '../stores/time-store.ts'

/** Origin of the time base: the session's first packet, or the cursor. */
export function useTimeOrigin(): number | null {
  const first = useStore(sessionStore, (state) => state.snapshot?.source.firstTimeUs ?? null)
  const cursor = useStore(timeStore, (state) => (state.base === 'cursor' ? state.cursorUs : null))
  const base = useStore(timeStore, (state) => state.base)
  return base === 'cursor' ? cursor : first
}
