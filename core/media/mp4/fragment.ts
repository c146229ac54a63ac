import type { BoxWriter } from './box-writer.ts'

/** A sample whose bytes stay until its fragment is written. */
export type HeldSample = {
  readonly data: Uint8Array
  readonly decodeTicks: number
  readonly offsetTicks: number
  readonly durationTicks: number
  readonly sync: boolean
}

/** Samples of one track for a fragment. */
export type FragmentTrackRun = {
  readonly number: number
  readonly samples: readonly HeldSample[]
  /** Subtracted from decode times. */
  readonly baseTicks: number
}

/** sample_flags (ISO/IEC 14496-12 §8.8.3.1): decodable alone, or dependent on others. */
const SYNC_FLAGS = 0x0200_0000
const OTHER_FLAGS = 0x0101_0000
const DATA_OFFSET = 0x1
const FIRST_FLAGS = 0x4
const DURATIONS = 0x100
const SIZES = 0x200
const FLAGS = 0x400
const OFFSETS = 0x800
const DEFAULT_BASE_IS_MOOF = 0x2_0000
const DEFAULT_DURATION = 0x8
const DEFAULT_FLAGS = 0x20

/**
 * A `moof` with one run for each track, and its `mdat`. Every run has a sample.
 * @param out whose memory it is in, until something else is written
 */
export function makeFragment(out: BoxWriter, sequence: number, runs: readonly FragmentTrackRun[]): Uint8Array {
  let dataBytes = 0
  for (const { samples } of runs) for (const { data } of samples) dataBytes += data.length
  out.clear()
  const offsets: { readonly at: number; readonly before: number }[] = []
  let before = 0
  out.box('moof', () => {
    out.full('mfhd', 0, 0, () => out.u32(sequence >>> 0))
    for (const run of runs) {
      offsets.push({ at: writeTrackRun(out, run), before })
      for (const { data } of run.samples) before += data.length
    }
  })
  for (const each of offsets) out.u32At(each.at, out.length + 8 + each.before)
  out.u32(8 + dataBytes).latin1('mdat')
  for (const { samples } of runs) for (const { data } of samples) out.bytes(data)
  return out.finish()
}

/** @returns where the offset of its data is written */
function writeTrackRun(out: BoxWriter, { number, samples, baseTicks }: FragmentTrackRun): number {
  const [first] = samples as readonly [HeldSample]
  const durations = spans(samples)
  const duration = durations[0] as number
  const oneDuration = durations.every((each) => each === duration)
  const rest = samples.slice(1)
  const restSync = rest[0]?.sync ?? first.sync
  const oneSync = rest.every(({ sync }) => sync === restSync)
  const hasOffsets = samples.some(({ offsetTicks }) => offsetTicks !== 0)
  let fields = DATA_OFFSET | SIZES
  if (!oneDuration) fields |= DURATIONS
  if (!oneSync) fields |= FLAGS
  else if (restSync !== first.sync) fields |= FIRST_FLAGS
  if (hasOffsets) fields |= OFFSETS
  let at = 0
  out.box('traf', () => {
    out.full('tfhd', 0, DEFAULT_BASE_IS_MOOF | DEFAULT_DURATION | DEFAULT_FLAGS, () =>
      out
        .u32(number)
        .u32(duration)
        .u32(restSync ? SYNC_FLAGS : OTHER_FLAGS),
    )
    out.full('tfdt', 1, 0, () => out.time(Math.max(0, first.decodeTicks - baseTicks)))
    out.full('trun', 1, fields, () => {
      out.u32(samples.length)
      at = out.length
      out.u32(0)
      if ((fields & FIRST_FLAGS) !== 0) out.u32(first.sync ? SYNC_FLAGS : OTHER_FLAGS)
      samples.forEach(({ data, sync, offsetTicks }, index) => {
        if (!oneDuration) out.u32(durations[index] as number)
        out.u32(data.length)
        if (!oneSync) out.u32(sync ? SYNC_FLAGS : OTHER_FLAGS)
        if (hasOffsets) out.i32(offsetTicks)
      })
    })
  })
  return at
}

/** Durations that lead from each decode time to the next: gaps lengthen the sample before them. */
function spans(samples: readonly HeldSample[]): number[] {
  return samples.map(({ decodeTicks, durationTicks }, index) => {
    const next = samples[index + 1]
    const span = next === undefined ? durationTicks : next.decodeTicks - decodeTicks
    return Math.min(0xffff_ffff, Math.max(0, Math.round(span)))
  })
}
