import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'

/** Fields of a timed MMTHSample before its `muli` box. */
const FIELD_BYTES = 23
const MULI = 0x6d756c69
const LEAST_MULI = 9
const MOST_MULI = 64

/** Usual length of a hint sample: 23 bytes and a `muli` box of 11. */
export const USUAL_HINT_BYTES = 34

/**
 * A timed hint sample, which precedes the media data of an MFU where the asset has a hint track (ISO/IEC 23008-1 §8.3).
 *
 * ```
 * | sequence_number 32 | trackrefindex 8 | movie_fragment_sequence_number 32 | samplenumber 32 | priority 8 |
 * | dependency_counter 8 | offset 32 | length 32 | muli box |
 * ```
 */
export type HintSample = {
  readonly sequence: number
  readonly trackRefIndex: number
  readonly movieFragment: number
  readonly sampleNumber: number
  readonly priority: number
  readonly dependencyCounter: number
  /** Offset of the media data from the start of the `mdat` box. */
  readonly offset: number
  /** Length of the media data. */
  readonly length: number
}

/**
 * Length of the hint sample at the start of `bytes[start, end)`, or 0. A hint sample is recognised by its `muli` box and by the
 * sample number of the data unit header. Allocates nothing.
 */
export function hintBytesAt(
  bytes: Uint8Array,
  start: number,
  end: number,
  movieFragment: number,
  sampleNumber: number,
): number {
  if (end - start < FIELD_BYTES + LEAST_MULI) return 0
  const muli = u32At(bytes, start + FIELD_BYTES)
  if (u32At(bytes, start + FIELD_BYTES + 4) !== MULI || muli < LEAST_MULI || muli > MOST_MULI) return 0
  if (FIELD_BYTES + muli > end - start) return 0
  const names = u32At(bytes, start + 5) === movieFragment && u32At(bytes, start + 9) === sampleNumber
  return names ? FIELD_BYTES + muli : 0
}

/** `offset` of a hint sample found by `hintBytesAt`. */
export function hintOffsetAt(bytes: Uint8Array, start: number): number {
  return u32At(bytes, start + 15)
}

/** @throws CodecError mmth-truncated, mmth-muli */
export function parseHintSample(bytes: Uint8Array): { readonly hint: HintSample; readonly bytes: number } {
  if (bytes.length < FIELD_BYTES + LEAST_MULI)
    throw new CodecError('mmth-truncated', bytes.length, `a hint sample needs 32 bytes, ${bytes.length} are there`)
  const movieFragment = u32At(bytes, 5)
  const sampleNumber = u32At(bytes, 9)
  const length = hintBytesAt(bytes, 0, bytes.length, movieFragment, sampleNumber)
  if (length === 0) throw new CodecError('mmth-muli', FIELD_BYTES, `no muli box follows the fields of a hint sample`)
  const hint = {
    sequence: u32At(bytes, 0),
    trackRefIndex: bytes[4] as number,
    movieFragment,
    sampleNumber,
    priority: bytes[13] as number,
    dependencyCounter: bytes[14] as number,
    offset: u32At(bytes, 15),
    length: u32At(bytes, 19),
  }
  return { hint, bytes: length }
}

/** A hint sample with a `muli` box of one layer, as encoders write it. */
export function serialiseHintSample(hint: HintSample): Uint8Array {
  const bytes = new Uint8Array(USUAL_HINT_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, hint.sequence)
  view.setUint8(4, hint.trackRefIndex)
  view.setUint32(5, hint.movieFragment)
  view.setUint32(9, hint.sampleNumber)
  view.setUint8(13, hint.priority)
  view.setUint8(14, hint.dependencyCounter)
  view.setUint32(15, hint.offset)
  view.setUint32(19, hint.length)
  view.setUint32(FIELD_BYTES, USUAL_HINT_BYTES - FIELD_BYTES)
  view.setUint32(FIELD_BYTES + 4, MULI)
  return bytes
}
