import type { OpenCapture } from './capture-files.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { CaptureParser } from './record.ts'

/** A file being played among others. */
export type CaptureCursor = {
  readonly capture: OpenCapture
  readonly place: number
  readonly parser: CaptureParser
  readonly window: ReadAhead
  readonly buffers: readonly [Uint8Array, Uint8Array]
  /** Capture time of its next record, as far as known. */
  pendingUs: number
  /** Capture time of its last record, -1 before the first. */
  lastUs: number
  /** Its next record was refused, because another file's record is older. */
  merged: boolean
}

/** Returns the file whose next record is the oldest; of equal ones the one named first. */
export function oldestOf(open: readonly CaptureCursor[]): CaptureCursor | null {
  let oldest: CaptureCursor | null = null
  for (const cursor of open) {
    const first =
      oldest === null ||
      cursor.pendingUs < oldest.pendingUs ||
      (cursor.pendingUs === oldest.pendingUs && cursor.place < oldest.place)
    if (first) oldest = cursor
  }
  return oldest
}

/**
 * Returns how far a file may be read before another one's packet is older.
 * @param nextFileUs first time of the next file that is not open yet, infinite where there is none
 * @returns that packet's time, and whether it precedes packets of equal time
 */
export function limitOf(
  reading: CaptureCursor,
  open: readonly CaptureCursor[],
  nextFileUs: number,
): { timeUs: number; goesFirst: boolean } {
  let timeUs = nextFileUs
  let goesFirst = false
  for (const other of open) {
    if (other === reading || other.pendingUs > timeUs) continue
    goesFirst = other.place < reading.place || (goesFirst && other.pendingUs === timeUs)
    timeUs = other.pendingUs
  }
  return { timeUs, goesFirst }
}
