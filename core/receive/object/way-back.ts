/** Silence of all media after which the first object of the transmission is the beginning of another one, µs. */
export const BREAK_US = 250_000

/** A packet that goes back to an earlier media object. Times µs of the stream. */
export type WayBack = {
  /** Newest media TOI before. */
  readonly from: number
  readonly to: number
  /** Since the object had ended; infinite where it never had an end. */
  readonly agoUs: number
  /** Length of the object; 0 unknown. */
  readonly length: number
  /** To or below the first TOI of the transmission. */
  readonly first: boolean
  /** As far as loops are told by the TOI alone (`detectLoops`). */
  readonly far: boolean
}

/** What a packet that goes back is: part of a repetition, of another transmission, or kept until that is known. */
export type BackVerdict = 'repeat' | 'restart' | 'held'
