/** Seconds from the NTP epoch (1900) to the UNIX epoch (1970). */
export const NTP_TO_UNIX_S = 2_208_988_800
/** An expiry from here on means never: GPAC's value, just before the end of the era. */
export const NEVER_NTP = 4_294_944_000
const ERA_SECONDS = 0x1_0000_0000

/**
 * NTP time as UNIX µs. Seconds before 1970 belong to era 1, which starts in 2036: there was no broadcast over IP before 1970.
 */
export function ntpToUnixUs(seconds: number, fraction: number): number {
  const unix = seconds - NTP_TO_UNIX_S
  return (unix < 0 ? unix + ERA_SECONDS : unix) * 1_000_000 + Math.floor((fraction * 1_000_000) / ERA_SECONDS)
}

/** UNIX µs as NTP seconds of the current era and fraction, rounded up so that the inverse is exact. */
export function unixUsToNtp(timeUs: number): { seconds: number; fraction: number } {
  const whole = Math.floor(timeUs / 1_000_000)
  const rest = timeUs - whole * 1_000_000
  return {
    seconds: (whole + NTP_TO_UNIX_S) % ERA_SECONDS,
    fraction: Math.ceil((rest * ERA_SECONDS) / 1_000_000),
  }
}

/**
 * A time as ISO 8601 text in UTC with µs: `2026-11-21T06:17:59.286000Z`. Computed without `Date`.
 * @param timeUs since the UNIX epoch, years 1970 to 9999
 */
export function utcText(timeUs: number): string {
  const days = Math.floor(timeUs / 86_400_000_000)
  const inDay = timeUs - days * 86_400_000_000
  const { year, month, day } = civilDate(days)
  const seconds = Math.floor(inDay / 1_000_000)
  const pad = (value: number, width: number): string => String(value).padStart(width, '0')
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}.${pad(inDay % 1_000_000, 6)}Z`
}

/** Gregorian date of a day number from 1970-01-01, by 400-year eras with years that begin in March. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}
