import { createStore } from 'zustand/vanilla'
import type { LogLine } from '../../core/contract/snapshot.ts'

/** Limit of lines in the window; the engine's log file has all lines. */
export const LOG_LINES = 5000

export type LogState = {
  /** Oldest first. */
  readonly lines: readonly LogLine[]
  /** Number of lines since the page opened. */
  readonly total: number
}

export const logStore = createStore<LogState>(() => ({ lines: [], total: 0 }))

export function takeLogLines(lines: readonly LogLine[]): void {
  if (lines.length === 0) return
  logStore.setState((state) => ({
    lines: [...state.lines, ...lines].slice(-LOG_LINES),
    total: state.total + lines.length,
  }))
}

export function clearLog(): void {
  logStore.setState({ lines: [], total: 0 })
}
