import { CodecError } from '../bytes/codec-error.ts'
import type { ByteRange } from '../flow/objects.ts'
import { MAX_LEVEL_BOXES } from '../media/bmff/boxes.ts'
import { fragmentSamples } from '../media/bmff/fragment-samples.ts'
import { boxAt, type SegmentBox } from '../media/bmff/segment-boxes.ts'
import { inGaps } from './gaps.ts'

/** Order and amount of fetching within a segment (GPAC's riso, without `none`). */
export type BoxOrder = 'simple' | 'partial' | 'deps' | 'depx'

/**
 * What to fetch next of an ISO BMFF segment that lacks bytes. First box headers and everything but media, as far as the
 * chain of boxes is known; called again with these in place, the chain goes on. Then, by order: `simple` the rest;
 * `partial` nothing; `deps` and `depx` the samples others depend on.
 * @param gaps what is missing of `bytes`, in order
 * @param readAhead bytes requested from a header on whose box is unknown
 * @returns missing ranges to fetch; empty when the order needs no more
 */
export function wantedByBoxes(
  bytes: Uint8Array,
  gaps: readonly ByteRange[],
  order: BoxOrder,
  readAhead: number,
): ByteRange[] {
  const wanted: ByteRange[] = []
  const moofs: SegmentBox[] = []
  let at = 0
  for (let count = 0; at < bytes.length; count++) {
    if (count > MAX_LEVEL_BOXES) return [...gaps]
    const box = boxAt(bytes, gaps, at)
    if (box === null) {
      const header = inGaps(gaps, at, Math.min(bytes.length, at + 16))
      // The header is complete and invalid: an order by boxes does not apply.
      if (header.length === 0) return [...gaps]
      const [from] = header[0] as ByteRange
      return [...wanted, ...inGaps(gaps, from, Math.max(at + 16, from + readAhead))]
    }
    if (box.type === 'moof') moofs.push(box)
    if (box.type !== 'mdat' && !box.whole) wanted.push(...inGaps(gaps, at, at + box.size))
    at += box.size
  }
  if (wanted.length > 0 || order === 'partial') return wanted
  return order === 'simple' ? [...gaps] : neededSamples(bytes, gaps, moofs)
}

/** The missing parts of samples others depend on; all gaps where samples are not described. */
function neededSamples(bytes: Uint8Array, gaps: readonly ByteRange[], moofs: readonly SegmentBox[]): ByteRange[] {
  const wanted: ByteRange[] = []
  for (const { offset, size, headerBytes } of moofs) {
    let samples: ReturnType<typeof fragmentSamples>
    try {
      samples = fragmentSamples(bytes, { type: 'moof', offset, size, headerBytes })
    } catch (thrown) {
      if (thrown instanceof CodecError) return [...gaps]
      throw thrown
    }
    if (samples.length === 0) return [...gaps]
    for (const sample of samples) {
      if (sample.needed) wanted.push(...inGaps(gaps, sample.offset, sample.offset + sample.size))
    }
  }
  return wanted.sort((a, b) => a[0] - b[0])
}
