import { createStore } from 'zustand/vanilla'

/** Base of the times on the screen: local time, UTC, the first packet, or the cursor. */
export type TimeBase = 'local' | 'utc' | 'start' | 'cursor'

export const TIME_BASES: readonly TimeBase[] = ['local', 'utc', 'start', 'cursor']

/**
 * The range and the cursor that all views share. Times are µs of the stream's clock; `[fromUs, toUs)` is 0 to 0 until a view
 * chooses a range.
 */
export type TimeState = {
  readonly fromUs: number
  readonly toUs: number
  /** Whether the range moves with the newest packet. */
  readonly follow: boolean
  /** Null while no cursor is set. */
  readonly cursorUs: number | null
  readonly base: TimeBase
  /** The stream has times of a clock; else bases that show a date are not offered. */
  readonly timed: boolean
}

/** The narrowest range: time stamps of packets are not more exact. */
export const SHORTEST_RANGE_US = 50

export const timeStore = createStore<TimeState>()(() => ({
  fromUs: 0,
  toUs: 0,
  follow: true,
  cursorUs: null,
  base: 'local',
  timed: true,
}))

/** Base to go back to after a stream without times. */
let baseOfTimed: TimeBase = 'local'

const isDated = (base: TimeBase): boolean => base === 'local' || base === 'utc'

/** Says whether the stream has times: without them, times count from its first packet. */
export function setTimed(timed: boolean): void {
  const { timed: before, base } = timeStore.getState()
  if (timed === before) return
  if (!timed) baseOfTimed = base
  timeStore.setState({ timed, base: timed ? baseOfTimed : isDated(base) ? 'start' : base })
}

/** Sets the range, and stops following unless `follow` is true. */
export function setTimeRange(fromUs: number, toUs: number, follow = false): void {
  const middle = (fromUs + toUs) / 2
  const half = Math.max(toUs - fromUs, SHORTEST_RANGE_US) / 2
  timeStore.setState({ fromUs: middle - half, toUs: middle + half, follow })
}

export function setFollow(follow: boolean): void {
  timeStore.setState({ follow })
}

export function setCursor(cursorUs: number | null): void {
  timeStore.setState({ cursorUs })
}

/** Chooses the next time base, without the cursor's if no cursor is set. */
export function nextTimeBase(): void {
  const { base, cursorUs, timed } = timeStore.getState()
  const bases = TIME_BASES.filter((one) => (one !== 'cursor' || cursorUs !== null) && (timed || !isDated(one)))
  timeStore.setState({ base: bases[(bases.indexOf(base) + 1) % bases.length] ?? 'start' })
}

/** Resets range and cursor for a new session; the time base stays. */
export function resetTime(): void {
  timeStore.setState({ fromUs: 0, toUs: 0, follow: true, cursorUs: null })
}
