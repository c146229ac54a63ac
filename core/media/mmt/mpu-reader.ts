import { latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { type MovieFragment, parseMovieFragment } from './movie-fragment.ts'
import { type MpuMovie, parseMpuMovie } from './mpu-movie.ts'

/** Larger metadata and movie fragments are refused. */
const MAX_BOX_BYTES = 16 << 20
const MAX_BOXES = 4096
const HEAD_BYTES = 32 << 10

/** Metadata and movie fragments of an MPU file, without its media data. */
export type MpuContents = {
  readonly movie: MpuMovie
  readonly fragments: readonly { readonly at: number; readonly fragment: MovieFragment }[]
}

/**
 * Reads metadata and movie fragments of an MPU file, and as few other bytes as possible.
 * @param read bytes `[from, to)` of the file, fewer at its end
 * @throws CodecError bmff-…, mpu-…
 */
export function readMpuFile(size: number, read: (from: number, to: number) => Uint8Array): MpuContents {
  const head = read(0, Math.min(size, HEAD_BYTES))
  const range = (from: number, to: number): Uint8Array => {
    const bytes = to <= head.length ? head.subarray(from, to) : read(from, to)
    if (bytes.length < to - from)
      throw new CodecError('bmff-truncated', from, `${to - from} bytes at ${from} of an MPU file are not there`)
    return bytes
  }
  let movie: MpuMovie | null = null
  const fragments: { at: number; fragment: MovieFragment }[] = []
  for (let at = 0, boxes = 0; at + 8 <= size; boxes++) {
    if (boxes >= MAX_BOXES) throw new CodecError('bmff-too-many', at, `more than ${MAX_BOXES} boxes in an MPU file`)
    const header = range(at, Math.min(size, at + 16))
    const type = latin1Text(header.subarray(4, 8))
    let length = u32At(header, 0)
    if (length === 1 && header.length === 16) length = u32At(header, 8) * 0x1_0000_0000 + u32At(header, 12)
    if (length === 0) length = size - at
    if (length < 8 || length > size - at)
      throw new CodecError(
        'bmff-truncated',
        at,
        `${type} at byte ${at} has a size of ${length} bytes, ${size - at} are left`,
      )
    if (type === 'moof') {
      movie ??= parseMpuMovie(bounded(range, 0, at))
      const end = Math.min(size, at + length + 16)
      fragments.push({ at, fragment: parseMovieFragment(bounded(range, at, end), movie, at) })
    }
    at += length
  }
  if (movie === null) throw new CodecError('mpu-moof', 0, 'an MPU file has no movie fragment')
  return { movie, fragments }
}

function bounded(range: (from: number, to: number) => Uint8Array, from: number, to: number): Uint8Array {
  if (to - from > MAX_BOX_BYTES)
    throw new CodecError('bmff-size', from, `${to - from} bytes of metadata, ${MAX_BOX_BYTES} are read`)
  return range(from, to).slice()
}
