import type { ByteRange } from '../../flow/objects.ts'
import { type MovieFragment, type MovieFragmentSample, parseMovieFragment } from '../../media/mmt/movie-fragment.ts'
import type { MpuMovie } from '../../media/mmt/mpu-movie.ts'
import { offsetInMdat, placeSample, type SamplePiece } from './mpu-layout.ts'
import type { MpuPart } from './mpu-parts.ts'

/** Largest space behind the samples of a fragment that is kept: hint samples, which are not written. */
const MAX_SPARE_BYTES = 1 << 20

/** Pieces of one item in order, and the first that its next extent may need. */
type PlacedItem = { readonly pieces: readonly SamplePiece[]; next: number }

/** An MPU as a file. */
export type MpuFile = {
  readonly bytes: Uint8Array
  /** Missing ranges; read as zeros. */
  readonly missing: readonly ByteRange[]
  readonly samples: number
  /** Samples with missing bytes. */
  readonly incomplete: number
}

/** Movie fragment metadata with its place in the file. */
export type LaidOutFragment = {
  readonly fragment: MovieFragment
  /** Of the `moof`, in the file. */
  readonly at: number
  /** Including `mdat` header and payload. */
  readonly length: number
}

/** Places of metadata and fragments in the file, once known. */
export type MpuPlan = {
  readonly movie: MpuMovie
  readonly fragments: readonly LaidOutFragment[]
  readonly size: number
  /** Media data of all samples, or items. */
  readonly mediaBytes: number
}

/**
 * Lays out the file of a timed MPU (reference: ISO/IEC 23008-1 §8): received metadata, then each movie fragment with
 * its media data.
 * @param units received movie fragment metadata
 * @param maxSamples of all of them
 * @throws CodecError bmff-…, mpu-…
 */
export function planTimed(movie: MpuMovie, units: readonly Uint8Array[], maxSamples: number): MpuPlan {
  let size = movie.bytes.length
  let mediaBytes = 0
  let samples = 0
  const sequences = new Set<number>()
  const parsed: MovieFragment[] = []
  for (const unit of units) {
    const fragment = parseMovieFragment(unit, movie, size, maxSamples - samples)
    parsed.push(fragment)
    for (const track of fragment.tracks) samples += track.samples.length
  }
  parsed.sort((a, b) => a.sequence - b.sequence)
  const fragments: LaidOutFragment[] = []
  for (const fragment of parsed) {
    // Metadata may be repeated for late joiners.
    if (sequences.has(fragment.sequence)) continue
    sequences.add(fragment.sequence)
    const header = Math.max(8, fragment.mdatHeaderBytes)
    const needed = fragment.mediaEnd - fragment.moof.length - header
    const declared = fragment.mdatBytes
    const payload = declared >= needed && declared <= needed + MAX_SPARE_BYTES ? declared : needed
    const length = fragment.moof.length + header + payload
    fragments.push({ fragment, at: size, length })
    size += length
    mediaBytes += fragment.mediaBytes
  }
  return { movie, fragments, size, mediaBytes }
}

/**
 * Lays out the file of a non-timed MPU: metadata, and one `mdat` with the items at their `iloc` offsets.
 * @returns null without offsets
 */
export function planItems(movie: MpuMovie): MpuPlan | null {
  const from = movie.bytes.length + 8
  if (movie.items.length === 0 || movie.items.some(({ offset }) => offset < from)) return null
  const size = movie.items.reduce((end, { offset, length }) => Math.max(end, offset + length), from)
  return { movie, fragments: [], size, mediaBytes: movie.items.reduce((sum, { length }) => sum + length, 0) }
}

/**
 * Fills the file with received data.
 * @param parts the MFUs, in sending order
 * @param bytes of the plan's size, zeros
 */
export function fillMpu(plan: MpuPlan, parts: readonly MpuPart[], bytes: Uint8Array): MpuFile {
  const { movie, fragments } = plan
  bytes.set(movie.bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const holes: ByteRange[] = []
  const byUnit = groupBySample(parts)
  if (fragments.length === 0 && movie.items.length > 0) return fillItems(plan, byUnit, bytes, view)
  let samples = 0
  let incomplete = 0
  for (const { fragment, at, length } of fragments) {
    bytes.set(fragment.moof, at)
    writeMdatHeader(bytes, view, at + fragment.moof.length, length - fragment.moof.length, fragment.mdatHeaderBytes)
    // sample_number counts over the samples of a fragment, over several media tracks in turn.
    let number = 0
    for (const { samples: run } of fragment.tracks) {
      for (const sample of run) {
        number++
        samples++
        const came = byUnit.get(unitKey(fragment.sequence, number)) ?? []
        const before = holes.length
        fillSample(bytes, at + sample.offset, sample, offsetInMdat(fragment, sample.offset), came, holes)
        if (holes.length > before) incomplete++
      }
    }
  }
  return { bytes, missing: joinedRanges(holes), samples, incomplete }
}

function fillSample(
  bytes: Uint8Array,
  start: number,
  sample: MovieFragmentSample,
  inMdat: number,
  came: readonly MpuPart[],
  holes: ByteRange[],
): void {
  const pieces = placeSample(came, sample.size, inMdat).sort((a, b) => a.at - b.at)
  let covered = 0
  for (const { at, data } of pieces) {
    if (at > covered) holes.push([start + covered, start + at])
    bytes.set(data, start + at)
    covered = Math.max(covered, at + data.length)
  }
  if (covered < sample.size) holes.push([start + covered, start + sample.size])
}

function fillItems(
  plan: MpuPlan,
  byUnit: ReadonlyMap<string, readonly MpuPart[]>,
  bytes: Uint8Array,
  view: DataView,
): MpuFile {
  const { movie, size } = plan
  const holes: ByteRange[] = []
  let incomplete = 0
  writeMdatHeader(bytes, view, movie.bytes.length, size - movie.bytes.length, 8)
  const done = new Map<number, number>()
  const lengths = new Map<number, number>()
  for (const { itemId, length } of movie.items) lengths.set(itemId, (lengths.get(itemId) ?? 0) + length)
  const placed = new Map<number, PlacedItem>()
  for (const { itemId, offset, length } of movie.items) {
    const from = done.get(itemId) ?? 0
    done.set(itemId, from + length)
    const before = holes.length
    let item = placed.get(itemId)
    if (item === undefined) {
      const came = byUnit.get(unitKey(0, itemId)) ?? []
      const pieces = placeSample(came, lengths.get(itemId) ?? 0, 0).sort((a, b) => a.at - b.at)
      item = { pieces, next: 0 }
      placed.set(itemId, item)
    }
    let covered = from
    // The extents of an item take its data in order.
    for (let index = item.next; index < item.pieces.length; index++) {
      const { at, data } = item.pieces[index] as SamplePiece
      if (at >= from + length) break
      if (at + data.length <= from + length && index === item.next) item.next++
      const [begin, end] = [Math.max(at, from), Math.min(at + data.length, from + length)]
      if (begin >= end) continue
      if (begin > covered) holes.push([offset + covered - from, offset + begin - from])
      bytes.set(data.subarray(begin - at, end - at), offset + begin - from)
      covered = Math.max(covered, end)
    }
    if (covered < from + length) holes.push([offset + covered - from, offset + length])
    if (holes.length > before) incomplete++
  }
  return { bytes, missing: joinedRanges(holes), samples: movie.items.length, incomplete }
}

function writeMdatHeader(bytes: Uint8Array, view: DataView, at: number, size: number, headerBytes: number): void {
  bytes.set([0x6d, 0x64, 0x61, 0x74], at + 4)
  if (headerBytes === 16) {
    view.setUint32(at, 1)
    view.setBigUint64(at + 8, BigInt(size))
  } else view.setUint32(at, size)
}

function groupBySample(parts: readonly MpuPart[]): Map<string, MpuPart[]> {
  const groups = new Map<string, MpuPart[]>()
  for (const part of parts) {
    const key = unitKey(part.movieFragment, part.sample)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [part])
    else group.push(part)
  }
  return groups
}

function unitKey(movieFragment: number, sample: number): string {
  return `${movieFragment}/${sample}`
}

/** Ranges in order, adjacent ones merged. */
function joinedRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1)
    if (before !== undefined && from <= before[1]) before[1] = Math.max(before[1], to)
    else joined.push([from, to])
  }
  return joined
}
