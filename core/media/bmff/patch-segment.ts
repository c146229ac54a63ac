import { CodecError } from '../../bytes/codec-error.ts'
import { type Hole, isWhole } from '../holes.ts'
import { BOX_HEADER_BYTES } from './boxes.ts'
import { type Concealed, concealSamples, type TrackState } from './conceal-samples.ts'
import { type FragmentRun, type FragmentSample, fragmentRuns } from './fragment-samples.ts'
import { type SegmentBox, segmentBoxes } from './segment-boxes.ts'

/**
 * `strict` keeps fragments of which the `moof` is whole, without the samples that are lost (`concealSamples`); `simple` keeps
 * the `mdat` as it is, with zeros in the holes, on which decoders may stop.
 */
export type PatchMode = 'simple' | 'strict'

/**
 * One change to a segment. `freed`: the box became `free`. `gap`: a `free` box covers bytes without a recognisable box.
 * `holes`: an `mdat` with missing bytes was kept. `cut`: it was kept without its lost samples. `resized`: a kept box now ends
 * where the next one begins. `headed`: the lost header of an `mdat` was written anew, as its `moof` tells it.
 */
export type PatchStep = {
  readonly what: 'freed' | 'gap' | 'holes' | 'cut' | 'resized' | 'headed'
  /** Former type of the box; `free` for a gap. */
  readonly type: string
  readonly offset: number
  readonly size: number
}

/** A segment with holes made readable for players. */
export type PatchedSegment = {
  /** Of the input's length. */
  readonly bytes: Uint8Array
  /** In order of offset. */
  readonly steps: readonly PatchStep[]
  /** Samples of the readable `moof` boxes: all, those left out, those kept with missing bytes or repeated in their place. */
  readonly samples: { readonly all: number; readonly hidden: number; readonly holed: number }
}

/** Boxes the rest depends on: a file in which one is damaged is not patched. */
const INIT_TYPES = new Set<string | null>(['ftyp', 'moov', 'meta'])
const FREE = [0x66, 0x72, 0x65, 0x65] as const
/** Bytes of a freed `moof` zeroed after its header, as in GPAC, so that nothing parses them as boxes. */
const ZEROED = 32
/** Larger sizes need the 64-bit form. */
const MAX_SIZE32 = 0xffff_ffff

/**
 * Makes a media segment with missing bytes readable: the result is a chain of boxes from the first byte to the last, of the
 * same length. Received bytes change only in the headers of hidden boxes, at the start of a hidden `moof`, and, in `strict`, in
 * the sizes and places of the samples of a damaged `mdat`.
 * @param bytes the segment, with any bytes in its holes; not changed
 * @param missing holes in order, disjoint; those after the end are ignored
 * @param cut the segment may be longer: its length is unknown
 * @returns null where no box of a segment is found, or a box is damaged that the rest depends on (`moov`)
 */
export function patchSegment(
  bytes: Uint8Array,
  missing: readonly Hole[],
  mode: PatchMode,
  cut = false,
): PatchedSegment | null {
  const holes = missing.filter(([from, to]) => from < to && from < bytes.length)
  const out = bytes.slice()
  if (holes.length === 0 && !cut) return { bytes: out, steps: [], samples: { all: 0, hidden: 0, holed: 0 } }
  for (const [from, to] of holes) out.fill(0, from, to)
  const found = segmentBoxes(out, holes)
  const headed = mode === 'strict' && found !== null ? headMdats(out, holes, found) : []
  const boxes = headed.length === 0 ? found : segmentBoxes(out, without(holes, headed))
  if (boxes === null || boxes.some((box) => INIT_TYPES.has(box.type) && !box.whole)) return null
  return new SegmentPatch(out, holes, headed).run(boxes, mode)
}

const MDAT = [0x6d, 0x64, 0x61, 0x74] as const

/** Writes the lost headers of `mdat` boxes whose `moof` is whole and describes what follows it. @returns their offsets */
function headMdats(bytes: Uint8Array, holes: readonly Hole[], boxes: readonly SegmentBox[]): number[] {
  const headed: number[] = []
  for (const [index, moof] of boxes.entries()) {
    const at = moof.offset + moof.size
    if (moof.type !== 'moof' || !isIntact(moof) || boxes[index + 1]?.type !== null) continue
    const samples = runsOf(bytes, moof).flatMap((run) => run.samples)
    const end = samples.reduce((most, { offset, size }) => Math.max(most, offset + size), 0)
    if (isWhole(holes, at, at + BOX_HEADER_BYTES) || end - at < BOX_HEADER_BYTES || end > bytes.length) continue
    if (samples.some(({ offset }) => offset < at + BOX_HEADER_BYTES)) continue
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, end - at)
    bytes.set(MDAT, at + 4)
    headed.push(at)
  }
  return headed
}

/** The holes without the headers that were written. */
function without(holes: readonly Hole[], headed: readonly number[]): Hole[] {
  return headed.reduce<Hole[]>(
    (left, at) =>
      left.flatMap(([from, to]): Hole[] =>
        [[from, Math.min(to, at)] as const, [Math.max(from, at + BOX_HEADER_BYTES), to] as const].filter(
          ([a, b]) => a < b,
        ),
      ),
    [...holes],
  )
}

/** The runs of a readable `moof`; none where it is malformed. */
function runsOf(bytes: Uint8Array, { offset, size, headerBytes }: SegmentBox): readonly FragmentRun[] {
  try {
    return fragmentRuns(bytes, { type: 'moof', offset, size, headerBytes })
  } catch (thrown) {
    if (thrown instanceof CodecError) return []
    throw thrown
  }
}

class SegmentPatch {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #holes: readonly Hole[]
  readonly #steps: PatchStep[] = []
  readonly #samples = { all: 0, hidden: 0, holed: 0 }

  readonly #headed: readonly number[]
  readonly #tracks: TrackState = { broken: new Set(), kinds: new Map() }
  /** Boxes of a fragment that was kept without its lost samples. */
  readonly #cut = new Set<SegmentBox>()

  constructor(bytes: Uint8Array, holes: readonly Hole[], headed: readonly number[]) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#holes = holes
    this.#headed = headed
  }

  run(boxes: readonly SegmentBox[], mode: PatchMode): PatchedSegment {
    const mdats = pairs(boxes)
    const described = new Map([...mdats].map(([moof, mdat]) => [mdat, moof]))
    // In a file with a moov the samples of an mdat may be described there.
    const orphansCount = !boxes.some((box) => box.type === 'moov')
    for (const box of boxes) {
      if (box.type === null) this.#layFree(box)
      else if (box.type === 'moof') this.#fragment(box, mdats.get(box) ?? null, mode)
      else if (box.type === 'mdat') {
        const moof = described.get(box)
        const lost = moof === undefined ? orphansCount : !isIntact(moof)
        if (this.#cut.has(box)) this.#keepCut(box)
        else if (mode === 'strict' && (lost || !isIntact(box))) this.#free(box)
        else this.#keep(box)
      } else if (isIntact(box) || box.type === 'free' || box.type === 'skip') this.#keep(box)
      else this.#free(box)
    }
    return { bytes: this.#bytes, steps: this.#steps, samples: this.#samples }
  }

  #fragment(moof: SegmentBox, mdat: SegmentBox | null, mode: PatchMode): void {
    if (isIntact(moof)) {
      const runs = runsOf(this.#bytes, moof)
      const samples = runs.flatMap((run) => run.samples)
      if (mdat !== null && mode === 'strict') {
        const done = this.#conceal(moof, runs, mdat)
        this.#samples.all += samples.length
        this.#samples.hidden += done?.hidden ?? samples.length
        this.#samples.holed += done?.holed ?? 0
        if (done !== null) return
      } else {
        this.#samples.all += samples.length
        if (mdat === null) this.#samples.hidden += samples.length
        else this.#samples.holed += samples.filter((each) => this.#isHoled(each)).length
        if (mdat !== null) return
      }
    }
    this.#free(moof)
    const from = moof.offset + moof.headerBytes
    this.#bytes.fill(0, from, Math.min(moof.offset + moof.size, from + ZEROED))
  }

  /** @returns null where the fragment has to be hidden */
  #conceal(moof: SegmentBox, runs: readonly FragmentRun[], mdat: SegmentBox): Omit<Concealed, 'bytes'> | null {
    const headed = this.#headed.includes(mdat.offset)
    if (isIntact(mdat) && this.#tracks.broken.size === 0 && !headed) return { hidden: 0, holed: 0 }
    if (runs.length === 0 && isIntact(mdat)) return { hidden: 0, holed: 0 }
    const { offset, size, headerBytes } = moof
    if (mdat.offset !== offset + size) return null
    const box = { type: 'moof', offset, size, headerBytes }
    const [dataStart, dataEnd] = [mdat.offset + mdat.headerBytes, mdat.offset + mdat.size]
    const fragment = { bytes: this.#bytes, holes: this.#holes, moof: box, runs, dataStart, dataEnd }
    const done = concealSamples(fragment, this.#tracks)
    if (done === null) return null
    this.#bytes.set(done.bytes, offset)
    this.#cut.add(mdat)
    return done
  }

  #isHoled({ offset, size }: FragmentSample): boolean {
    return !isWhole(this.#holes, offset, offset + size)
  }

  #keepCut({ offset, size }: SegmentBox): void {
    if (this.#headed.includes(offset)) this.#steps.push({ what: 'headed', type: 'mdat', offset, size })
    this.#steps.push({ what: 'cut', type: 'mdat', offset, size })
  }

  #keep(box: SegmentBox): void {
    const { offset, size } = box
    const type = box.type as string
    if (this.#fit(box)) this.#steps.push({ what: 'resized', type, offset, size })
    if (type === 'mdat' && !isWhole(this.#holes, offset, offset + size)) {
      this.#steps.push({ what: 'holes', type, offset, size })
    }
  }

  #free(box: SegmentBox): void {
    this.#fit(box)
    this.#bytes.set(FREE, box.offset + 4)
    this.#steps.push({ what: 'freed', type: box.type as string, offset: box.offset, size: box.size })
  }

  #layFree({ offset, size }: SegmentBox): void {
    this.#bytes.set(FREE, offset + 4)
    if (size > MAX_SIZE32) {
      this.#view.setUint32(offset, 1)
      this.#view.setBigUint64(offset + 8, BigInt(size))
    } else this.#view.setUint32(offset, size)
    this.#steps.push({ what: 'gap', type: 'free', offset, size })
  }

  /** Corrects the size field where it differs from the actual size. @returns true where it did */
  #fit({ offset, size, announced, headerBytes }: SegmentBox): boolean {
    if (announced === size) return false
    if (headerBytes === 16) this.#view.setBigUint64(offset + 8, BigInt(size))
    else if (this.#view.getUint32(offset) !== 0) this.#view.setUint32(offset, size)
    return true
  }
}

/** True where the box is complete and its size field is right. */
function isIntact(box: SegmentBox): boolean {
  return box.whole && box.announced === box.size
}

/** The mdat of each moof: the next one, without a gap or another moof in between. */
function pairs(boxes: readonly SegmentBox[]): Map<SegmentBox, SegmentBox> {
  const found = new Map<SegmentBox, SegmentBox>()
  let moof: SegmentBox | null = null
  for (const box of boxes) {
    if (box.type === 'moof') moof = box
    else if (box.type === null) moof = null
    else if (box.type === 'mdat' && moof !== null) {
      found.set(moof, box)
      moof = null
    }
  }
  return found
}
