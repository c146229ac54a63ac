import { createStore } from 'zustand/vanilla'

/** What the times on screen are counted from: the wall clock here, UTC, the first packet, or the cursor. */
export type TimeBase = 'local' | 'utc' | 'start' | 'cursor'

export const TIME_BASES: readonly TimeBase[] = ['local', 'utc', 'start', 'cursor']

/**
 * The range and cursor every view shares. Times are µs of the stream's clock; `[fromUs, toUs)` is 0 to 0 until a view that knows
 * the data has chosen a range.
 */
export type TimeState = {
  readonly fromUs: number
  readonly toUs: number
  /** The range moves with the newest packet. */
  readonly follow: boolean
  /** Null while no cursor is set. */
  readonly cursorUs: number | null
  readonly base: TimeBase
}

/** The narrowest range worth drawing: below it the packets' own time stamps carry no meaning. */
export const SHORTEST_RANGE_US = 50

export const timeStore = createStore<TimeState>()(() => ({
  fromUs: 0,
  toUs: 0,
  follow: true,
  cursorUs: null,
  base: 'local',
}))

/** Chooses the range by hand, which ends following unless `follow` says otherwise. */
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

/** Steps through the time bases; the cursor's is skipped while there is none. */
export function nextTimeBase(): void {
  const { base, cursorUs } = timeStore.getState()
  const bases = cursorUs === null ? TIME_BASES.filter((one) => one !== 'cursor') : TIME_BASES
  timeStore.setState({ base: bases[(bases.indexOf(base) + 1) % bases.length] ?? 'local' })
}

/** Back to an unchosen range, for a new session; the time base is the person's and stays. */
export function resetTime(): void {
  timeStore.setState({ fromUs: 0, toUs: 0, follow: true, cursorUs: null })
}
