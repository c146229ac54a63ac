import { type Hole, isWhole } from '../holes.ts'
import type { Box } from './boxes.ts'
import type { FragmentRun, FragmentSample } from './fragment-samples.ts'
import { isHevcSync, type NalKind, nalKind, usableNals } from './nal-units.ts'
import { type RewrittenSample, rewriteFragment, type SampleContent } from './rewrite-fragment.ts'

/** A fragment that can be decoded without its lost samples. */
export type Concealed = {
  /** In place of the moof and the mdat, of their length. */
  readonly bytes: Uint8Array
  /** Samples left out: the one before is shown longer. */
  readonly hidden: number
  /** Samples cut short, or replaced by a repetition of the one beside them. */
  readonly holed: number
}

/** A movie fragment in a segment that has holes. */
export type DamagedFragment = {
  /** Of the segment, zeros in the holes. */
  readonly bytes: Uint8Array
  readonly holes: readonly Hole[]
  /** A whole one. */
  readonly moof: Box
  readonly runs: readonly FragmentRun[]
  /** First byte of the payload of its `mdat`. */
  readonly dataStart: number
  /** Its end; samples beyond are lost. */
  readonly dataEnd: number
}

/** What is known of the tracks of a segment from its fragments so far. */
export type TrackState = {
  /** Tracks whose next samples depend on a lost one. */
  readonly broken: Set<number>
  readonly kinds: Map<number, NalKind>
}

/** Lost samples in a row that are replaced by repetitions: about a fifth of a second of sound. */
const MOST_REPEATS = 8
/** Samples given up for the room that the description of the others takes. */
const MOST_TRIES = 16
const NOTHING: SampleContent = { ranges: [], nals: false }

/**
 * Makes a movie fragment decodable without its lost samples. Its time line stays: decode time, duration and place in the file.
 *
 * - H.264: whole slices of a damaged picture are kept, and pictures after it; decoders conceal the rest.
 * - Other video: from the first lost sample on, samples are left out up to the next sync sample.
 * - Sound, whose samples do not depend on each other: a lost sample is a repetition of the one before.
 *
 * @returns null where nothing would be left, or what is left cannot be described
 */
export function concealSamples(fragment: DamagedFragment, state: TrackState): Concealed | null {
  const { bytes, holes, moof, runs, dataStart, dataEnd } = fragment
  if (runs.some(({ samples }) => samples.some(({ offset }) => offset < dataStart))) return null
  const inside = holes.filter(([from]) => from < dataEnd).map(([from, to]): Hole => [from, Math.min(to, dataEnd)])
  const lost: Hole[] = [...inside, [dataEnd, Number.POSITIVE_INFINITY]]
  const planned = runs.map((run) => ({ run, contents: contentsOf(bytes, lost, run, state) }))
  const all = runs.reduce((sum, { samples }) => sum + samples.length, 0)
  for (let most = all, tries = 0; most > 0 && tries < MOST_TRIES; most--, tries++) {
    const written = new Map<number, { run: FragmentRun; samples: RewrittenSample[] }>()
    let kept = 0
    let holed = 0
    for (const { run, contents } of planned) {
      const samples = rewritten(run, contents, most - kept)
      kept += samples.length
      holed += samples.filter(({ sample, content }) => !isItself(sample, content)).length
      written.set(run.trun.offset, { run, samples })
    }
    if (kept === 0) return null
    if (kept === all && holed === 0) return { bytes: bytes.slice(moof.offset, dataEnd), hidden: 0, holed: 0 }
    const described = rewriteFragment(bytes, moof, written, dataEnd - moof.offset)
    if (described !== null) return { bytes: described, hidden: all - kept, holed }
    // A few bytes are missing for its description: the last sample makes room for it.
    most = Math.min(most, kept)
  }
  return null
}

/** The samples of a run that have content, `most` of them; each lasts until the next one. */
function rewritten(run: FragmentRun, contents: readonly SampleContent[], most: number): RewrittenSample[] {
  const kept: { sample: FragmentSample; content: SampleContent; duration: number | null }[] = []
  let early = 0
  for (const [index, sample] of run.samples.entries()) {
    const content = contents[index] as SampleContent
    const last = kept.at(-1)
    if (content.ranges.length > 0 && kept.length < most) {
      kept.push({ sample, content, duration: sample.duration === null ? null : sample.duration + early })
      early = 0
    } else if (sample.duration === null) {
      // Nobody knows when the next one begins.
      if (kept.length > 0) break
    } else if (last === undefined) early += sample.duration
    else if (last.duration !== null) last.duration += sample.duration
  }
  return kept
}

const itself = ({ offset, size }: FragmentSample): SampleContent => ({ ranges: [[offset, offset + size]], nals: false })

function isItself({ offset, size }: FragmentSample, { ranges, nals }: SampleContent): boolean {
  return !nals && ranges.length === 1 && ranges[0]?.[0] === offset && ranges[0][1] === offset + size
}

/** Content of each sample of a run; NOTHING: it is left out. */
function contentsOf(bytes: Uint8Array, lost: readonly Hole[], run: FragmentRun, state: TrackState): SampleContent[] {
  const { samples, track } = run
  const isThere = ({ offset, size }: FragmentSample): boolean => size > 0 && isWhole(lost, offset, offset + size)
  const first = samples.find(isThere)
  const kind = first === undefined ? (state.kinds.get(track) ?? null) : nalKind(bytes, first.offset, first.size)
  if (kind !== null) state.kinds.set(track, kind)
  if (kind === 'avc') {
    return samples.map((sample) =>
      isThere(sample) ? itself(sample) : { ranges: usableNals(bytes, lost, sample.offset, sample.size), nals: true },
    )
  }
  if (kind === null && samples.every(({ sync }) => sync !== false)) return repeated(samples, isThere)
  return samples.map((sample) => {
    const there = isThere(sample)
    const sync = kind === 'hevc' ? there && isHevcSync(bytes, sample.offset, sample.size) : sample.sync === true
    if (there && sync) state.broken.delete(track)
    if (there && !state.broken.has(track)) return itself(sample)
    if (!there && sample.needed) state.broken.add(track)
    return NOTHING
  })
}

/** Lost samples as repetitions of the one before, or of the smallest one, as far as there is room. */
function repeated(samples: readonly FragmentSample[], isThere: (sample: FragmentSample) => boolean): SampleContent[] {
  let smallest: FragmentSample | null = null
  for (const sample of samples) if (isThere(sample) && sample.size < (smallest?.size ?? Infinity)) smallest = sample
  const rows = rowsOfLost(samples, isThere)
  let before: FragmentSample | null = null
  let spare = 0
  return samples.map((sample, index) => {
    if (isThere(sample)) {
      before = sample
      return itself(sample)
    }
    spare += sample.size
    const fits = [before, smallest].find((one) => one !== null && one.size <= spare) ?? null
    if (fits === null || (rows[index] as number) > MOST_REPEATS) return NOTHING
    spare -= fits.size
    return itself(fits)
  })
}

/** For each lost sample the number of lost ones in a row with it. */
function rowsOfLost(samples: readonly FragmentSample[], isThere: (sample: FragmentSample) => boolean): number[] {
  const rows = samples.map((sample): number => (isThere(sample) ? 0 : 1))
  for (let from = 0; from < rows.length; from++) {
    if (rows[from] === 0) continue
    let to = from
    while (to < rows.length && rows[to] !== 0) to++
    rows.fill(to - from, from, to)
    from = to
  }
  return rows
}
