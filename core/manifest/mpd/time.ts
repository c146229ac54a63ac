import { CodecError } from '../../bytes/codec-error.ts'

/** Microseconds in one second: engine time is integer µs, MPDs have xs:duration and xs:dateTime. */
export const US_PER_SECOND = 1_000_000
const US_PER_DAY = 86_400 * US_PER_SECOND

const DURATION = /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?|\.\d+)S)?)?$/
const DATE_TIME = /^(-?\d{4,6})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?(Z|[+-]\d{2}:\d{2})?$/

/**
 * An xs:duration as integer µs. Years and months count as 365 and 30 days.
 * @throws CodecError mpd-duration
 */
export function parseXsDuration(text: string): number {
  const found = DURATION.exec(text.trim())
  if (found === null || /[PT]$/.test(text.trim()))
    throw new CodecError('mpd-duration', 0, `not a duration: "${cut(text)}"`)
  const [, sign, years, months, days, hours, minutes, seconds] = found
  const wholeDays = Number(years ?? 0) * 365 + Number(months ?? 0) * 30 + Number(days ?? 0)
  const us =
    wholeDays * US_PER_DAY +
    (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60) * US_PER_SECOND +
    Math.round(Number(seconds ?? 0) * US_PER_SECOND)
  if (!Number.isSafeInteger(us)) throw new CodecError('mpd-duration', 0, `duration out of range: "${cut(text)}"`)
  return sign === undefined ? us : -us
}

/** µs as an xs:duration in seconds, without trailing zeros: `PT2.002S`. */
export function serialiseXsDuration(us: number): string {
  const whole = Math.round(Math.abs(us))
  return `${us < 0 ? '-' : ''}PT${Math.floor(whole / US_PER_SECOND)}${fraction(whole % US_PER_SECOND)}S`
}

/**
 * An xs:dateTime as integer µs since the UNIX epoch; without a zone it is UTC, as in DASH (ISO/IEC 23009-1 §5.3.1.2).
 * @throws CodecError mpd-date-time
 */
export function parseXsDateTime(text: string): number {
  const found = DATE_TIME.exec(text.trim())
  if (found === null) throw new CodecError('mpd-date-time', 0, `not a date and time: "${cut(text)}"`)
  const [, year, month, day, hours, minutes, seconds, decimals, zone] = found
  const monthNumber = Number(month)
  const dayNumber = Number(day)
  if (
    monthNumber < 1 ||
    monthNumber > 12 ||
    dayNumber < 1 ||
    dayNumber > 31 ||
    Number(hours) > 24 ||
    Number(minutes) > 59
  )
    throw new CodecError('mpd-date-time', 0, `not a date and time: "${cut(text)}"`)
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - zoneSeconds(zone)
  const days = daysSinceEpoch(Number(year), monthNumber, dayNumber)
  return (days * 86_400 + clock) * US_PER_SECOND + Math.round(Number(`0.${decimals ?? 0}`) * US_PER_SECOND)
}

/** µs since the UNIX epoch as an xs:dateTime in UTC: `2026-11-21T06:23:49.338Z`. */
export function serialiseXsDateTime(us: number): string {
  const days = Math.floor(us / US_PER_DAY)
  const inDay = us - days * US_PER_DAY
  const seconds = Math.floor(inDay / US_PER_SECOND)
  const [year, month, day] = dateOfDay(days)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  const date = `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}-${two(month)}-${two(day)}`
  return `${date}T${time}${fraction(inDay % US_PER_SECOND)}Z`
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60
  return zone.startsWith('-') ? -seconds : seconds
}

// Civil calendar from a day count in eras of 400 years that start in March, so that leap days end a year.
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function dateOfDay(days: number): [number, number, number] {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

const two = (value: number): string => String(value).padStart(2, '0')
const fraction = (us: number): string =>
  us === 0
    ? ''
    : `.${String(us)
        .padStart(6, '0')
        .replace(/(?<!0)0+$/, '')}`
const cut = (text: string): string => text.slice(0, 60)
