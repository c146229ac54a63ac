/** Seconds from the NTP epoch (1900) to the UNIX epoch (1970). */
export const NTP_TO_UNIX_SECONDS = 2_208_988_800
const ERA_SECONDS = 0x1_0000_0000

/**
 * NTP time as UNIX µs. Seconds that would lie before 1970 belong to era 1, which starts in 2036: nothing was broadcast
 * over IP before 1970.
 */
export function ntpToUnixUs(seconds: number, fraction: number): number {
  const unix = seconds - NTP_TO_UNIX_SECONDS
  return (unix < 0 ? unix + ERA_SECONDS : unix) * 1_000_000 + Math.floor((fraction * 1_000_000) / ERA_SECONDS)
}

/** UNIX µs as NTP seconds of the current era and fraction; the fraction is rounded up so that the way back is exact. */
export function unixUsToNtp(timeUs: number): { seconds: number; fraction: number } {
  const whole = Math.floor(timeUs / 1_000_000)
  const rest = timeUs - whole * 1_000_000
  return {
    seconds: (whole + NTP_TO_UNIX_SECONDS) % ERA_SECONDS,
    fraction: Math.ceil((rest * ERA_SECONDS) / 1_000_000),
  }
}
