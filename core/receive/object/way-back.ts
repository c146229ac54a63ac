/** Silence of all media after which the first object of the transmission is the beginning of another one, µs. */
export const BREAK_US = 250_000
/** An object may arrive again this soon after its end for many reasons: copies of packets, late ones, a sender that repeats it. µs */
export const REPEAT_US = 1_000_000

/** Of another transmission of an object so many packets may be lost before the first one that arrives. */
const LOST_PACKETS = 8

/**
 * Whether a packet may be the first that arrives of another transmission of an object: others are repeats, as where a source that broke
 * off comes back with packets that it has sent.
 * @param count bytes of the packet
 */
export function isBeginning(offset: number, count: number): boolean {
  return offset <= LOST_PACKETS * count
}

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
