import { BREAK_US, REPEAT_US, type WayBack } from '../object/way-back.ts'

/** Packets of an MPU before the first one, which overtook others, are of one so near. */
const FEW = 3

/** An MPU that has a packet, as far as it is compared with it. */
export type EarlierMpu = {
  /** Of its newest packet. */
  readonly lastTimeUs: number
  /** It is under assembly. */
  readonly open: boolean
}

/** MPUs of one transmission of an asset. */
export type SentMpus = { readonly newest: number; readonly lowest: number; readonly lastUs: number }

/**
 * Whether a packet whose number goes back as well may be of another transmission of its MPU: where it is its first one, or comes after a
 * break. A sender that repeats an MPU goes on counting its packets, and is not asked about.
 * @param begins it has the beginning of the MPU's metadata
 * @param earlier the MPU of its number; null where none had a packet
 */
export function mpuWayBack(
  mpu: number,
  begins: boolean,
  { newest, lowest, lastUs }: SentMpus,
  earlier: EarlierMpu | null,
  timeUs: number,
): WayBack | null {
  const behind = (newest - mpu) | 0
  const isBreak = timeUs - lastUs >= BREAK_US
  if (behind < 0 || (!begins && !isBreak)) return null
  if (earlier?.open === true && behind === 0 && !isBreak) return null
  const brokenOff = earlier === null || (earlier.open && behind === 0)
  const agoUs = brokenOff ? Number.POSITIVE_INFINITY : timeUs - earlier.lastTimeUs
  const first = ((mpu - lowest) | 0) <= 0
  const isOld = earlier === null ? behind >= FEW : !brokenOff && agoUs >= REPEAT_US
  return { from: newest, to: mpu, agoUs, length: 0, first, far: first && begins && isOld }
}
