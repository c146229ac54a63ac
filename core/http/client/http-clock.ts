/** Time and random numbers for fetching, replaced in tests. */
export interface HttpClock {
  /** Monotonic time, ms. */
  nowMs(): number
  /** UNIX time in ms. */
  wallMs(): number
  /** Calls a function once after `ms`. @returns the function that cancels the timer */
  after(ms: number, call: () => void): () => void
  /** Random number from 0 up to, not including, 1. */
  random(): number
}

/** Clock of this machine. */
export const SYSTEM_CLOCK: HttpClock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** Waits; ends early, without an error, when `signal` is aborted. */
export function pause(clock: HttpClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signal.aborted) {
      resolve()
      return
    }
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
