import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { type Box, childBoxes, findBox, fullBox } from './boxes.ts'

/** One sample of a movie fragment: its range in the segment, and whether other samples depend on it. */
export type FragmentSample = {
  readonly track: number
  /** Offset of its first byte from the start of the bytes with the `moof`. */
  readonly offset: number
  readonly size: number
  /** Ticks; null where only the initialisation segment tells (`trex`). */
  readonly duration: number | null
  /** Flags; null likewise. */
  readonly flags: number | null
  /** As written in the run, signed from its version 1 on; null where it has none. */
  readonly compositionOffset: number | null
  /** Decodable without others; null where only the initialisation segment tells. */
  readonly sync: boolean | null
  /** False only where sample_is_depended_on marks the sample as disposable (ISO/IEC 14496-12 §8.8.3.1). */
  readonly needed: boolean
}

/** The samples of one `trun`, whose data is contiguous. */
export type FragmentRun = {
  readonly track: number
  readonly trun: Box
  /** Flags of the `trun`: which fields it has. */
  readonly fields: number
  readonly samples: readonly FragmentSample[]
}

/** Most samples of one fragment; a segment of ten seconds of audio has some five hundred. */
const MAX_SAMPLES = 65_536
/** sample_is_depended_on, and its value for "not depended on". */
const DEPENDED_ON_SHIFT = 22
const DISPOSABLE = 2
/** Flag sample_is_non_sync_sample of a sample (§8.8.3.1). */
export const NON_SYNC_SAMPLE = 0x1_0000

/**
 * The samples described by a `moof`, in the order of their runs (`tfhd`, `trun`; ISO/IEC 14496-12 §8.8.7, §8.8.8). Runs whose
 * sizes are in the initialisation segment (`trex`) are left out.
 * @throws CodecError bmff-… as readBoxes; bmff-too-many
 */
export function fragmentSamples(bytes: Uint8Array, moof: Box): FragmentSample[] {
  return fragmentRuns(bytes, moof).flatMap(({ samples }) => samples)
}

/**
 * The same, by run.
 * @throws CodecError as fragmentSamples
 */
export function fragmentRuns(bytes: Uint8Array, moof: Box): FragmentRun[] {
  const runs: FragmentRun[] = []
  let dataEnd = moof.offset
  let left = MAX_SAMPLES
  let any = false
  for (const traf of childBoxes(bytes, moof)) {
    if (traf.type !== 'traf') continue
    const tfhd = findBox(bytes, traf, 'tfhd')
    if (tfhd === undefined) continue
    const defaults = readDefaults(bytes, tfhd)
    let at = defaults.base ?? (defaults.baseIsMoof || !any ? moof.offset : dataEnd)
    const base = at
    for (const trun of childBoxes(bytes, traf)) {
      if (trun.type !== 'trun') continue
      const { run, end } = readRun(bytes, trun, defaults, base, at, left)
      at = end
      if (run === null) continue
      left -= run.samples.length
      any ||= run.samples.length > 0
      runs.push(run)
    }
    dataEnd = at
  }
  return runs
}

type Defaults = {
  readonly track: number
  readonly base: number | null
  readonly baseIsMoof: boolean
  readonly duration: number | null
  readonly size: number | null
  readonly flags: number | null
}

function readDefaults(bytes: Uint8Array, tfhd: Box): Defaults {
  const { fields } = fullBox(bytes, tfhd, 4)
  const flags = u32At(bytes, fields - 4) & 0xff_ffff
  const needed = 4 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0) + (flags & 16 ? 4 : 0)
  fullBox(bytes, tfhd, needed + (flags & 32 ? 4 : 0))
  let at = fields + 4
  const base = flags & 1 ? u32At(bytes, at) * 0x1_0000_0000 + u32At(bytes, at + 4) : null
  if (flags & 1) at += 8
  if (flags & 2) at += 4
  const duration = flags & 8 ? u32At(bytes, at) : null
  if (flags & 8) at += 4
  const size = flags & 16 ? u32At(bytes, at) : null
  if (flags & 16) at += 4
  return {
    track: u32At(bytes, fields),
    base,
    baseIsMoof: (flags & 0x02_0000) !== 0,
    duration,
    size,
    flags: flags & 32 ? u32At(bytes, at) : null,
  }
}

/** @returns the end of the run's data; its samples, null where their sizes are not told */
function readRun(
  bytes: Uint8Array,
  trun: Box,
  defaults: Defaults,
  base: number,
  start: number,
  left: number,
): { readonly run: FragmentRun | null; readonly end: number } {
  const { fields } = fullBox(bytes, trun, 4)
  const flags = u32At(bytes, fields - 4) & 0xff_ffff
  const count = u32At(bytes, fields)
  const entryBytes =
    4 *
    (Number((flags & 0x100) > 0) +
      Number((flags & 0x200) > 0) +
      Number((flags & 0x400) > 0) +
      Number((flags & 0x800) > 0))
  if (count > left)
    throw new CodecError('bmff-too-many', trun.offset, `trun at byte ${trun.offset} has ${count} samples`)
  fullBox(bytes, trun, 4 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0) + count * entryBytes)
  let at = fields + 4
  let data = start
  if (flags & 1) {
    data = base + (u32At(bytes, at) | 0)
    at += 4
  }
  const firstFlags = flags & 4 ? u32At(bytes, at) : null
  if (flags & 4) at += 4
  if (!(flags & 0x200) && defaults.size === null) return { run: null, end: data }
  const samples: FragmentSample[] = []
  for (let number = 0; number < count; number++) {
    const duration = flags & 0x100 ? u32At(bytes, at) : defaults.duration
    if (flags & 0x100) at += 4
    const size = flags & 0x200 ? u32At(bytes, at) : (defaults.size as number)
    if (flags & 0x200) at += 4
    let sampleFlags = flags & 0x400 ? u32At(bytes, at) : defaults.flags
    if (flags & 0x400) at += 4
    else if (number === 0 && firstFlags !== null) sampleFlags = firstFlags
    const compositionOffset = flags & 0x800 ? u32At(bytes, at) : null
    if (flags & 0x800) at += 4
    const needed = (((sampleFlags ?? 0) >>> DEPENDED_ON_SHIFT) & 3) !== DISPOSABLE
    const sync = sampleFlags === null ? null : (sampleFlags & NON_SYNC_SAMPLE) === 0
    samples.push({
      track: defaults.track,
      offset: data,
      size,
      duration,
      flags: sampleFlags,
      compositionOffset,
      sync,
      needed,
    })
    data += size
  }
  return { run: { track: defaults.track, trun, fields: flags, samples }, end: data }
}
