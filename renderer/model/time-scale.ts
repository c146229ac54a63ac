import { SHORTEST_RANGE_US, type TimeBase } from '../stores/time-store.ts'

/** Time on a horizontal axis: `fromUs` lies at `left`, `toUs` at `left + width` pixels. */
export type TimeScale = {
  readonly fromUs: number
  readonly toUs: number
  readonly left: number
  readonly width: number
}

export type TimeRange = { readonly fromUs: number; readonly toUs: number }

/** The widest range a view shows, µs: a week. */
export const LONGEST_RANGE_US = 7 * 24 * 3_600_000_000

export function timeToX(scale: TimeScale, timeUs: number): number {
  return scale.left + ((timeUs - scale.fromUs) / (scale.toUs - scale.fromUs)) * scale.width
}

export function xToTime(scale: TimeScale, x: number): number {
  return scale.fromUs + ((x - scale.left) / scale.width) * (scale.toUs - scale.fromUs)
}

/** The range scaled by `factor` around `atUs`, between the narrowest and the widest useful range. */
export function zoomRange(range: TimeRange, atUs: number, factor: number): TimeRange {
  const span = range.toUs - range.fromUs
  const wanted = Math.min(Math.max(span * factor, SHORTEST_RANGE_US), LONGEST_RANGE_US)
  const share = (atUs - range.fromUs) / span
  const fromUs = atUs - share * wanted
  return { fromUs, toUs: fromUs + wanted }
}

/** The range moved by `deltaUs`; at least a tenth of it stays between `minUs` and `maxUs`. */
export function panRange(range: TimeRange, deltaUs: number, minUs: number, maxUs: number): TimeRange {
  const span = range.toUs - range.fromUs
  if (!(minUs <= maxUs)) return { fromUs: range.fromUs + deltaUs, toUs: range.toUs + deltaUs }
  const lowest = Math.min(minUs - span * 0.9, range.fromUs)
  const highest = Math.max(maxUs - span * 0.1, range.fromUs)
  const fromUs = Math.min(Math.max(range.fromUs + deltaUs, lowest), highest)
  return { fromUs, toUs: fromUs + span }
}

/** The range from `minUs` to `maxUs` with a margin on both sides. */
export function fitRange(minUs: number, maxUs: number): TimeRange {
  const air = Math.max((maxUs - minUs) * 0.02, SHORTEST_RANGE_US)
  return { fromUs: minUs - air, toUs: maxUs + air }
}

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const STEPS_US = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7].map((days) => days * DAY),
]

export type TimeTick = {
  readonly timeUs: number
  readonly label: string
  /** Whether the label is the full time, at the start of a minute or second. */
  readonly strong: boolean
}

/** A time base with its origins: the first packet and the cursor. */
export type TimeReading = { readonly base: TimeBase; readonly startUs: number; readonly cursorUs: number | null }

/** Smallest step that keeps labels `gap` pixels apart. */
function tickStepUs(scale: TimeScale, gap: number): number {
  const wanted = ((scale.toUs - scale.fromUs) / scale.width) * gap
  return STEPS_US.find((step) => step >= wanted) ?? LONGEST_RANGE_US
}

/** Ticks of the visible range at round times of the base, with short labels. */
export function timeTicks(scale: TimeScale, reading: TimeReading, gap = 88): readonly TimeTick[] {
  const step = tickStepUs(scale, gap)
  const offset = baseOffsetUs(reading, scale.fromUs)
  const ticks: TimeTick[] = []
  const first = Math.ceil((scale.fromUs - offset) / step)
  const last = Math.floor((scale.toUs - offset) / step)
  const turn = step < SECOND ? SECOND : step < MINUTE ? MINUTE : step < HOUR ? HOUR : DAY
  for (let count = first; count <= last; count++) {
    const inBase = count * step
    const strong = inBase % turn === 0 || count === first
    ticks.push({
      timeUs: inBase + offset,
      label: strong ? longLabel(inBase, step, reading) : shortLabel(inBase, step, reading),
      strong,
    })
  }
  return ticks
}

/** Offset of the base's zero from the epoch, µs. */
function baseOffsetUs(reading: TimeReading, nearUs: number): number {
  if (reading.base === 'start') return reading.startUs
  if (reading.base === 'cursor') return reading.cursorUs ?? reading.startUs
  return reading.base === 'utc' ? 0 : -localOffsetUs(nearUs)
}

function localOffsetUs(timeUs: number): number {
  return -new Date(timeUs / 1000).getTimezoneOffset() * MINUTE
}

const isRelative = (reading: TimeReading): boolean => reading.base === 'start' || reading.base === 'cursor'

function longLabel(inBase: number, step: number, reading: TimeReading): string {
  const digits = fractionDigits(step)
  if (isRelative(reading)) return signedDuration(inBase, digits)
  if (step >= DAY) return dateOf(inBase)
  return step >= MINUTE ? clockOf(inBase, 0).slice(0, 5) : clockOf(inBase, inBase % SECOND === 0 ? 0 : digits)
}

function shortLabel(inBase: number, step: number, reading: TimeReading): string {
  // The minute of a negative offset cannot be taken by modulo.
  if (isRelative(reading)) return longLabel(inBase, step, reading)
  if (step >= DAY) return dateOf(inBase)
  if (step >= MINUTE) return clockOf(inBase, 0).slice(0, 5)
  const inMinute = modulo(inBase, MINUTE)
  if (step >= SECOND) return `:${String(Math.floor(inMinute / SECOND)).padStart(2, '0')}`
  return fractionOf(modulo(inBase, SECOND), fractionDigits(step))
}

/** Decimals of a second that ticks of this step need. */
function fractionDigits(step: number): number {
  if (step >= SECOND) return 0
  return step >= 1000 ? 3 : 6
}

function fractionOf(inSecond: number, digits: number): string {
  const micros = String(Math.round(inSecond)).padStart(6, '0')
  return digits > 3 ? `.${micros.slice(0, 3)} ${micros.slice(3)}` : `.${micros.slice(0, digits)}`
}

/** `14:03:05.902` of µs in a day-aligned base. */
function clockOf(inBase: number, digits: number): string {
  const inDay = modulo(inBase, DAY)
  const hours = Math.floor(inDay / HOUR)
  const minutes = Math.floor((inDay % HOUR) / MINUTE)
  const seconds = Math.floor((inDay % MINUTE) / SECOND)
  const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':')
  return digits === 0 ? clock : clock + fractionOf(inDay % SECOND, digits)
}

function dateOf(inBase: number): string {
  return new Date(inBase / 1000).toISOString().slice(0, 10)
}

/** `+1:02:03.250`, `−12.5`, without leading zero hours and minutes. */
function signedDuration(us: number, digits: number): string {
  const size = Math.abs(us)
  const sign = us < 0 ? '−' : '+'
  const hours = Math.floor(size / HOUR)
  const minutes = Math.floor((size % HOUR) / MINUTE)
  const seconds = Math.floor((size % MINUTE) / SECOND)
  const fraction = digits === 0 ? '' : fractionOf(size % SECOND, digits)
  if (hours > 0) return `${sign}${hours}:${pad(minutes)}:${pad(seconds)}${fraction}`
  if (minutes > 0) return `${sign}${minutes}:${pad(seconds)}${fraction}`
  return `${sign}${seconds}${fraction} s`
}

const pad = (value: number): string => String(value).padStart(2, '0')
const modulo = (value: number, by: number): number => ((value % by) + by) % by

/** Origin of a relative base, for `formatTime`. */
export function readingOriginUs(reading: TimeReading): number | null {
  return reading.base === 'cursor' ? (reading.cursorUs ?? reading.startUs) : reading.startUs
}
