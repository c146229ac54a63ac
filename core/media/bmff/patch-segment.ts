import { CodecError } from '../../bytes/codec-error.ts'
import { type Hole, isWhole } from '../holes.ts'
import { type FragmentSample, fragmentSamples } from './fragment-samples.ts'
import { type SegmentBox, segmentBoxes } from './segment-boxes.ts'

/** `strict` hides every fragment with missing bytes; `simple` keeps its `mdat`, with zeros in the holes. */
export type PatchMode = 'simple' | 'strict'

/**
 * One change to a segment. `freed`: the box became `free`. `gap`: a `free` box covers bytes without a recognisable box.
 * `holes`: an `mdat` with missing bytes was kept. `resized`: a kept box now ends where the next one begins.
 */
export type PatchStep = {
  readonly what: 'freed' | 'gap' | 'holes' | 'resized'
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
  /** Samples of the readable `moof` boxes: all, those hidden with their fragment, those kept with missing bytes. */
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
 * same length. Received bytes change only in the headers of hidden boxes, and at the start of a hidden `moof`.
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
  const boxes = segmentBoxes(out, holes)
  if (boxes === null || boxes.some((box) => INIT_TYPES.has(box.type) && !box.whole)) return null
  return new SegmentPatch(out, holes).run(boxes, mode)
}

class SegmentPatch {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #holes: readonly Hole[]
  readonly #steps: PatchStep[] = []
  readonly #samples = { all: 0, hidden: 0, holed: 0 }

  constructor(bytes: Uint8Array, holes: readonly Hole[]) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#holes = holes
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
        if (mode === 'strict' && (lost || !isIntact(box))) this.#free(box)
        else this.#keep(box)
      } else if (isIntact(box) || box.type === 'free' || box.type === 'skip') this.#keep(box)
      else this.#free(box)
    }
    return { bytes: this.#bytes, steps: this.#steps, samples: this.#samples }
  }

  #fragment(moof: SegmentBox, mdat: SegmentBox | null, mode: PatchMode): void {
    const hidden = mdat === null || (mode === 'strict' && !isIntact(mdat))
    if (isIntact(moof)) {
      const samples = this.#samplesOf(moof)
      this.#samples.all += samples.length
      if (hidden) this.#samples.hidden += samples.length
      else this.#samples.holed += samples.filter((each) => this.#isHoled(each)).length
      if (!hidden) return
    }
    this.#free(moof)
    const from = moof.offset + moof.headerBytes
    this.#bytes.fill(0, from, Math.min(moof.offset + moof.size, from + ZEROED))
  }

  #isHoled({ offset, size }: FragmentSample): boolean {
    return !isWhole(this.#holes, offset, offset + size)
  }

  #samplesOf(moof: SegmentBox): readonly FragmentSample[] {
    const { offset, size, headerBytes } = moof
    try {
      return fragmentSamples(this.#bytes, { type: 'moof', offset, size, headerBytes })
    } catch (thrown) {
      if (thrown instanceof CodecError) return []
      throw thrown
    }
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
