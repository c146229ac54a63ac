import type { MovieFragment } from '../../media/mmt/movie-fragment.ts'
import { hintBytesAt, hintOffsetAt, USUAL_HINT_BYTES } from '../../protocol/mmtp/hint-sample.ts'
import { FRAGMENT_INDICATOR } from '../../protocol/mmtp/mpu-payload.ts'
import type { MpuPart } from './mpu-parts.ts'
import { isNext } from './mpu-units.ts'

/** Bytes of one sample and their offset in it. */
export type SamplePiece = { readonly at: number; readonly data: Uint8Array }

/** Meaning of the offsets in later fragments' headers, which differs between encoders. */
type OffsetSense = 'from-mfu' | 'from-sample' | 'none'

/**
 * Places the fragments of one sample. The MFUs of a sample follow one another; each may begin with a hint sample, which
 * is left out and gives the place of its data. After a hole the offset in the data unit header counts, in the sense
 * that consecutive fragments show; else fragments are assumed to be of equal length.
 *
 * @param parts of this sample, in sending order
 * @param sampleOffset of the sample in its `mdat` box, for hint samples
 */
export function placeSample(parts: readonly MpuPart[], sampleSize: number, sampleOffset: number): SamplePiece[] {
  const pieces: SamplePiece[] = []
  const sense = offsetSense(parts)
  let cursor = 0
  /** Start of the MFU, and length of the hint at its front. */
  let mfuAt = 0
  let hint = parts.some((part) => hintOf(part) > 0) ? USUAL_HINT_BYTES : 0
  let before: MpuPart | null = null
  for (const part of parts) {
    let { data } = part
    if (part.indicator === FRAGMENT_INDICATOR.whole || part.indicator === FRAGMENT_INDICATOR.first) {
      hint = hintOf(part)
      const declared = hint > 0 ? hintOffsetAt(data, 0) - sampleOffset : part.offset
      if (pieces.length > 0 || declared > 0) cursor = declared >= 0 && declared < sampleSize ? declared : cursor
      mfuAt = cursor
      data = data.subarray(hint)
    } else if (before === null || !isNext(before, part)) {
      const missing = before === null ? 0 : ((before.fragmentCounter - part.fragmentCounter) & 0xff) - 1
      if (sense === 'from-mfu') cursor = mfuAt + part.offset - hint
      else if (sense === 'from-sample') cursor = part.offset
      else if (before !== null && missing > 0) cursor += missing * before.data.length
      else cursor = sampleSize
    }
    if (cursor >= 0 && cursor + data.length <= sampleSize) pieces.push({ at: cursor, data })
    cursor += data.length
    before = part
  }
  return pieces
}

function hintOf({ data, indicator, movieFragment, sample }: MpuPart): number {
  if (indicator !== FRAGMENT_INDICATOR.whole && indicator !== FRAGMENT_INDICATOR.first) return 0
  return hintBytesAt(data, 0, data.length, movieFragment, sample)
}

function offsetSense(parts: readonly MpuPart[]): OffsetSense {
  let length = 0
  let hint = 0
  let start = 0
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as MpuPart
    const before = parts[index - 1]
    if (part.indicator === FRAGMENT_INDICATOR.first) {
      length = part.data.length
      hint = hintOf(part)
      start = part.offset
      continue
    }
    if (before === undefined || length === 0 || !isNext(before, part)) {
      length = 0
      continue
    }
    if (part.offset === length) return hint === 0 ? 'from-sample' : 'from-mfu'
    if (part.offset === start + length - hint) return 'from-sample'
    length += part.data.length
  }
  // Without two consecutive fragments even an offset in an unknown sense is better than a guess.
  return parts.some((part) => part.indicator > FRAGMENT_INDICATOR.first && part.offset > 0) ? 'from-mfu' : 'none'
}

/** Offset of a sample in its `mdat` box, from its `offset` after the start of the `moof`. */
export function offsetInMdat(fragment: MovieFragment, offset: number): number {
  return offset - fragment.moof.length
}
