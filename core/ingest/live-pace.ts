/** How readers of live presentations, DASH and HLS, keep up with them. */

/** Segments that wait to be sent; more are not fetched. */
export const MOST_WAITING = 3
/** Complete segments that were not fetched, and their time, from which on a reader goes to the newest, µs. */
export const MOST_BEHIND = 5
export const MOST_BEHIND_US = 10_000_000
/** Longest wait without a look at the clock, ms. */
export const LOOK_MS = 500
/** Silence after which a person is told that nothing new comes, in segments, and at least, µs. */
export const SILENT_SEGMENTS = 5
export const SILENT_US = 10_000_000
export const MAX_INIT_BYTES = 16 << 20
