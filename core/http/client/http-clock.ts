/** Time and random numbers for fetching: the machine's in the program, made up in tests. */
export interface HttpClock {
  /** Milliseconds that only go forward. */
  nowMs(): number
  /** UNIX time in ms. */
  wallMs(): number
  /** Calls once after `ms`. @returns the function that cancels it */
  after(ms: number, call: () => void): () => void
  /** From 0 up to, not including, 1. */
  random(): number
}

/** The machine's own. */
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
