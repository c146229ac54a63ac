import type { ByteRange, ObjectKind } from '../flow/objects.ts'
import { patchSegment } from '../media/bmff/patch-segment.ts'
import { segmentBoxes } from '../media/bmff/segment-boxes.ts'
import { looksLikeTs, patchTs } from '../media/ts/patch-ts.ts'

/** A file that players can read around its holes. */
export type PatchedObject = {
  readonly bytes: Uint8Array
  /** Description of the patch, for the log. */
  readonly text: string
}

/**
 * Patches a media segment that lacks bytes; its content shows whether it is ISO BMFF or transport stream.
 * @param missing up to the end of `bytes`
 * @param cut the segment's length is unknown
 * @returns null for anything else: an initialisation segment, manifest or picture with holes is useless
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
  const samples = all === 0 ? '' : `; of ${all} samples ${hidden} left out, ${holed} damaged`
  return { bytes: patched.bytes, text: `${done.slice(0, MAX_STEPS).join(', ')}${more}${samples}` }
}

const MAX_STEPS = 4
const WORDS = {
  freed: 'hidden',
  gap: 'laid over a gap',
  holes: 'kept with holes',
  cut: 'without its lost samples',
  resized: 'cut to fit',
  headed: 'with its header written anew',
} as const

/** True where bytes with holes are boxes: fetching may then follow them. */
export function looksLikeBoxes(bytes: Uint8Array, missing: readonly ByteRange[]): boolean {
  return !looksLikeTs(bytes, missing) && segmentBoxes(bytes, missing) !== null
}
