import type { ChannelFacts } from '../../flow/facts.ts'

/** Wait for an MPU after its successor, µs. */
const WAIT_US = 2_000_000
/** A longer jump is another count of the encoder, or a long interruption, not a loss. */
const MOST_IN_GAP = 64
/** Bound on waiting gaps of all assets. */
const MAX_GAPS = 256

/** MPUs of one asset missing between two received ones. */
export type MissingMpuGap = {
  readonly channel: ChannelFacts
  /** Sequence numbers. */
  readonly mpus: readonly number[]
  /** Rows of the neighbouring objects. */
  readonly before: number
  readonly after: number
  readonly noticedUs: number
}

/** The numbers of a gap are listed where it is one: most of what a storm skips is not looked at. */
type Gap = Omit<MissingMpuGap, 'mpus'> & { readonly first: number; readonly count: number; arrived: Set<number> | null }
type Newest = { readonly mpu: number; readonly row: number }

/** Detects MPUs without packets by the MPU sequence numbers of an asset, which increment. */
export class MissingMpus {
  readonly #newest = new Map<number, Newest>()
  readonly #gaps: Gap[] = []

  begun(channel: ChannelFacts, row: number, mpu: number, timeUs: number): void {
    for (const gap of this.#gaps) {
      if (gap.channel !== channel || (mpu - gap.first) >>> 0 >= gap.count) continue
      gap.arrived ??= new Set()
      gap.arrived.add(mpu)
    }
    const newest = this.#newest.get(channel.index)
    const ahead = newest === undefined ? 1 : (mpu - newest.mpu) | 0
    // A late MPU is not the newest, unless the count restarted.
    if (ahead <= 0 && ahead > -MOST_IN_GAP) return
    this.#newest.set(channel.index, { mpu, row })
    if (newest === undefined || ahead < 2 || ahead > MOST_IN_GAP || this.#gaps.length >= MAX_GAPS) return
    const first = (newest.mpu + 1) >>> 0
    const gap = { channel, first, count: ahead - 1, arrived: null, before: newest.row, after: row, noticedUs: timeUs }
    this.#gaps.push(gap)
  }

  startOver(channel: number): void {
    this.#newest.delete(channel)
  }

  /** Gaps whose wait has passed. */
  expired(timeUs: number): MissingMpuGap[] {
    const expired: MissingMpuGap[] = []
    for (let at = 0; at < this.#gaps.length; ) {
      const gap = this.#gaps[at] as Gap
      const filled = gap.arrived !== null && gap.arrived.size >= gap.count
      if (!filled && timeUs - gap.noticedUs < WAIT_US) {
        at++
        continue
      }
      this.#gaps.splice(at, 1)
      if (!filled) expired.push(missingOf(gap))
    }
    return expired
  }
}

function missingOf({ channel, first, count, arrived, before, after, noticedUs }: Gap): MissingMpuGap {
  const mpus: number[] = []
  for (let step = 0; step < count; step++) {
    const mpu = (first + step) >>> 0
    if (arrived?.has(mpu) !== true) mpus.push(mpu)
  }
  return { channel, mpus, before, after, noticedUs }
}
