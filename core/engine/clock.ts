/** Wall clock as engine time: integer µs since the UNIX epoch, with sub-millisecond steps that never go backwards. */
export function wallClockUs(): () => number {
  const originUs = Date.now() * 1000
  const originMs = performance.now()
  let last = 0
  return () => {
    let now = originUs + Math.round((performance.now() - originMs) * 1000)
    // A suspended laptop stops the monotonic clock: follow the system's date when they differ by more than a second.
    const drift = Date.now() * 1000 - now
    if (drift > 1_000_000 || drift < -60_000_000) now += drift
    if (now < last) now = last
    last = now
    return now
  }
}
