/** Wall clock as engine time: integer µs since the UNIX epoch, with sub-millisecond steps that never go backwards. */
export function wallClockUs(): () => number {
  const originUs = Date.now() * 1000
  const origin = process.hrtime.bigint()
  let last = 0
  return () => {
    const elapsed = Number((process.hrtime.bigint() - origin) / 1000n)
    let now = originUs + elapsed
    // A suspended laptop stops the monotonic clock: follow the system's date when they part by more than a second.
    const drift = Date.now() * 1000 - now
    if (drift > 1_000_000 || drift < -60_000_000) now += drift
    if (now < last) now = last
    last = now
    return now
  }
}
