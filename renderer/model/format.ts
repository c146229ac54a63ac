import type { TimeBase } from '../stores/time-store.ts'

/*
 * The interface's number formats: thin spaces between thousands, `0` for zero, `–` for unknown, SI prefixes with three
 * significant digits for rates only, exact bytes for sizes.
 */

export const UNKNOWN = '–'
const THIN = '\u2009'

/** `154 211`, with thin spaces; `–` for null. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  const digits = Math.abs(Math.round(value)).toFixed(0)
  let out = ''
  for (let end = digits.length; end > 0; end -= 3) {
    out = digits.slice(Math.max(0, end - 3), end) + (out === '' ? '' : THIN + out)
  }
  return value < 0 && Math.round(value) !== 0 ? `−${out}` : out
}

const STEPS = ['', 'k', 'M', 'G', 'T'] as const

/** Value and unit with an SI prefix, three significant digits: `4.12 Mb/s`. */
function formatSi(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  if (value === 0) return `0 ${unit}`
  let step = 0
  let scaled = value
  // 999.5 rounds to 1000 with three digits, so the step is at 999.5.
  while (Math.abs(scaled) >= 999.5 && step < STEPS.length - 1) {
    scaled /= 1000
    step += 1
  }
  return `${threeDigits(scaled, step > 0)} ${STEPS[step]}${unit}`
}

function threeDigits(value: number, fraction: boolean): string {
  const size = Math.abs(value)
  if (size >= 99.95 || (!fraction && Number.isInteger(value))) return value.toFixed(0)
  return value.toFixed(size >= 9.995 ? 1 : 2)
}

/** Bits per second: `4.12 Mb/s`. */
export const formatRate = (bps: number | null | undefined): string => formatSi(bps, 'b/s')

/** Rounded bytes for charts and progress: `4.12 MB`. */
export const formatBytesShort = (bytes: number | null | undefined): string => formatSi(bytes, 'B')

/** A share of a whole with three decimals: `0.006 %`; a loss never rounds to 0, nor to 100. */
export function formatPercent(part: number, whole: number, decimals = 3): string {
  if (!(whole > 0)) return UNKNOWN
  if (part === 0) return '0 %'
  if (part === whole) return '100 %'
  const least = 10 ** -decimals
  const percent = (part / whole) * 100
  if (percent < least) return `<${THIN}${least.toFixed(decimals)} %`
  return `${Math.min(percent, 100 - least).toFixed(decimals)} %`
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))
const three = (value: number): string => (value < 10 ? `00${value}` : value < 100 ? `0${value}` : String(value))

/**
 * A time as `14:03:05.902`, in the chosen base.
 * @param timeUs µs since the UNIX epoch
 * @param originUs what `start` and `cursor` count from; null falls back to the wall clock
 */
export function formatTime(timeUs: number | null | undefined, base: TimeBase, originUs: number | null): string {
  if (timeUs === null || timeUs === undefined || !Number.isFinite(timeUs)) return UNKNOWN
  if ((base === 'start' || base === 'cursor') && originUs !== null) return formatOffset(timeUs - originUs)
  const date = new Date(Math.floor(timeUs / 1000))
  return base === 'utc'
    ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${three(date.getUTCMilliseconds())}`
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${three(date.getMilliseconds())}`
}

/**
 * The difference of two times as they are shown beside it, to the millisecond: that of the exact times may be rounded otherwise.
 * @param timeUs less `fromUs`
 */
export function shownDifferenceUs(fromUs: number, timeUs: number, base: TimeBase, originUs: number | null): number {
  const relative = (base === 'start' || base === 'cursor') && originUs !== null
  const ms = (us: number) => (relative ? Math.sign(us) * Math.round(Math.abs(us) / 1000) : Math.floor(us / 1000))
  const origin = relative ? originUs : 0
  return (ms(timeUs - origin) - ms(fromUs - origin)) * 1000
}

/** `+0:05.902`, with hours only from one hour on. */
function formatOffset(us: number): string {
  const sign = us < 0 ? '−' : '+'
  const ms = Math.round(Math.abs(us) / 1000)
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor(ms / 60_000) % 60
  const rest = `${two(Math.floor(ms / 1000) % 60)}.${three(ms % 1000)}`
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${rest}` : `${sign}${minutes}:${rest}`
}

/** The day of a time, `2026-11-21`, in the chosen base. */
export function formatDay(timeUs: number, base: TimeBase): string {
  const date = new Date(Math.floor(timeUs / 1000))
  return base === 'utc'
    ? `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** A duration: `212 ms`, `2.04 s`, `3 min 12 s`, `2 h 05 min`. */
export function formatDuration(us: number | null | undefined): string {
  if (us === null || us === undefined || !Number.isFinite(us)) return UNKNOWN
  const size = Math.abs(us)
  const sign = us < 0 ? '−' : ''
  if (size === 0) return '0 ms'
  if (size < 1000) return `${sign}${Math.round(size)} µs`
  if (size < 999_500) return `${sign}${Math.round(size / 1000)} ms`
  const seconds = size / 1e6
  if (seconds < 99.5) return `${sign}${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${sign}${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${sign}${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`
}

/** An age: `0.6 s ago`, `now` below a tenth of a second or in the future. */
export function formatAge(us: number | null | undefined): string {
  if (us === null || us === undefined || !Number.isFinite(us)) return UNKNOWN
  if (us < 100_000) return 'now'
  if (us < 9_950_000) return `${(us / 1e6).toFixed(1)} s ago`
  if (us < 99_500_000) return `${Math.round(us / 1e6)} s ago`
  return `${formatDuration(us)} ago`
}

/** Whole seconds: `8 s`, `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return whole < 100 ? `${whole} s` : formatDuration(whole * 1e6)
}

/** Channel number as tuners write it: `51.1`. */
export function formatChannelNumber(major: number | null, minor: number | null): string {
  if (major === null) return UNKNOWN
  return minor === null ? String(major) : `${major}.${minor}`
}

/** For the tooltip of a TOI: `0x8002d1a4`. */
/** A TOI; one above 2^53-1 is a number of the engine's own, and the exact value is among the fields of its header. */
export const formatToi = (toi: number): string => (toi > Number.MAX_SAFE_INTEGER ? 'above 2^53' : String(toi))

export const formatHex = (value: number): string => `0x${value.toString(16)}`
