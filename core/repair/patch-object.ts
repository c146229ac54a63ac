import type { ByteRange, ObjectKind } from '../flow/objects.ts'
import { patchSegment } from '../media/bmff/patch-segment.ts'
import { segmentBoxes } from '../media/bmff/segment-boxes.ts'
import { looksLikeTs, patchTs } from '../media/ts/patch-ts.ts'

/** A file that players can read around what is missing of it. */
export type PatchedObject = {
  readonly bytes: Uint8Array
  /** What was done, for the log. */
  readonly text: string
}

/**
 * Patches a media segment that lacks bytes, ISO BMFF or transport stream, told by its content.
 * @param missing up to the end of `bytes`
 * @param cut how long the segment was is not known
 * @returns null for anything else: an initialisation segment, a manifest or a picture with holes is of no use to anyone
 */
export function patchObject(
  kind: ObjectKind,
  bytes: Uint8Array,
  missing: readonly ByteRange[],
  mode: 'simple' | 'strict',
  cut: boolean,
): PatchedObject | null {
  if (kind !== 'media') return null
  if (looksLikeTs(bytes, missing)) {
    const patched = patchTs(bytes, missing)
    return { bytes: patched.bytes, text: `${patched.packets} TS packets replaced by null packets` }
  }
  const patched = patchSegment(bytes, missing, mode, cut)
  if (patched === null) return null
  const { hidden, holed, all } = patched.samples
  const done = patched.steps.map(({ what, type, offset }) => `${type} at ${offset} ${WORDS[what]}`)
  const more = done.length > MAX_STEPS ? ` and ${done.length - MAX_STEPS} more` : ''
  const samples = all === 0 ? '' : `; of ${all} samples ${hidden} hidden, ${holed} damaged`
  return { bytes: patched.bytes, text: `${done.slice(0, MAX_STEPS).join(', ')}${more}${samples}` }
}

const MAX_STEPS = 4
const WORDS = { freed: 'hidden', gap: 'laid over a gap', holes: 'kept with holes', resized: 'cut to fit' } as const

/** True where bytes with holes are boxes: fetching may then go by them. */
export function looksLikeBoxes(bytes: Uint8Array, missing: readonly ByteRange[]): boolean {
  return !looksLikeTs(bytes, missing) && segmentBoxes(bytes, missing) !== null
}
