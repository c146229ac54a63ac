import { latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { type Box, childBoxes, findBox, fullBox, readBoxes } from '../bmff/boxes.ts'
import { itemExtents, type MpuItem } from './mpu-items.ts'

/** Most tracks of one MPU; an asset has one of media and one of hints. */
const MAX_TRACKS = 16

/** Default values of `trex` for samples without their own. */
export type SampleDefaults = { readonly duration: number; readonly size: number; readonly flags: number }

/** A media track of an MPU; hint tracks are left out. */
export type MpuTrack = {
  readonly trackId: number
  /** `vide`, `soun`, `subt`, …. */
  readonly handler: string
  /** Ticks per second. */
  readonly timescale: number
  /** Four-character code of the first sample entry. */
  readonly entryType: string
  /** Pixels of a visual sample entry; null for others. */
  readonly dimensions: { readonly width: number; readonly height: number } | null
  readonly defaults: SampleDefaults
  /** The `trak` box in the metadata. */
  readonly box: Box
}

/** MPU metadata (FT 0): the boxes before the first movie fragment of an MPU file (ISO/IEC 23008-1 §8.2). */
export type MpuMovie = {
  readonly bytes: Uint8Array
  readonly moov: Box | null
  readonly tracks: readonly MpuTrack[]
  /** asset_id of the `mmpu` box; null where absent. */
  readonly assetId: Uint8Array | null
  /** Ranges of non-timed items in the file; empty for timed media. */
  readonly items: readonly MpuItem[]
}

/**
 * Reads MPU metadata. Bytes are borrowed.
 * @throws CodecError bmff-…, mpu-tracks
 */
export function parseMpuMovie(bytes: Uint8Array): MpuMovie {
  const boxes = readBoxes(bytes)
  const moov = boxes.find((box) => box.type === 'moov') ?? null
  const mmpu = boxes.find((box) => box.type === 'mmpu')
  const meta = boxes.find((box) => box.type === 'meta')
  return {
    bytes,
    moov,
    tracks: moov === null ? [] : tracksOf(bytes, moov),
    assetId: mmpu === undefined ? null : assetIdOf(bytes, mmpu),
    items: meta === undefined ? [] : itemExtents(bytes, meta),
  }
}

function tracksOf(bytes: Uint8Array, moov: Box): MpuTrack[] {
  const children = childBoxes(bytes, moov)
  const mvex = children.find((box) => box.type === 'mvex')
  const defaults = new Map<number, SampleDefaults>()
  if (mvex !== undefined) {
    for (const trex of childBoxes(bytes, mvex)) {
      if (trex.type !== 'trex') continue
      const { fields } = fullBox(bytes, trex, 20)
      const [duration, size, flags] = [u32At(bytes, fields + 8), u32At(bytes, fields + 12), u32At(bytes, fields + 16)]
      defaults.set(u32At(bytes, fields), { duration, size, flags })
    }
  }
  const traks = children.filter((box) => box.type === 'trak')
  if (traks.length > MAX_TRACKS)
    throw new CodecError('mpu-tracks', moov.offset, `${traks.length} tracks, at most ${MAX_TRACKS} are read`)
  const tracks: MpuTrack[] = []
  for (const box of traks) {
    const tkhd = findBox(bytes, box, 'tkhd')
    const mdhd = findBox(bytes, box, 'mdia', 'mdhd')
    const hdlr = findBox(bytes, box, 'mdia', 'hdlr')
    const stsd = findBox(bytes, box, 'mdia', 'minf', 'stbl', 'stsd')
    if (tkhd === undefined || mdhd === undefined || hdlr === undefined || stsd === undefined) continue
    const at = fullBox(bytes, hdlr, 8).fields + 4
    const handler = latin1Text(bytes.subarray(at, at + 4))
    if (handler === 'hint') continue
    const trackId = wideField(bytes, tkhd)
    const entry = childBoxes(bytes, stsd, 8)[0]
    tracks.push({
      trackId,
      handler,
      timescale: wideField(bytes, mdhd),
      entryType: entry?.type ?? '',
      dimensions: handler === 'vide' && entry !== undefined ? dimensionsOf(bytes, entry) : null,
      defaults: defaults.get(trackId) ?? { duration: 0, size: 0, flags: 0 },
      box,
    })
  }
  return tracks
}

/** VisualSampleEntry: width and height are 24 bytes after the box header. */
function dimensionsOf(bytes: Uint8Array, entry: Box): { width: number; height: number } | null {
  const at = entry.offset + entry.headerBytes + 24
  if (at + 4 > entry.offset + entry.size) return null
  const both = u32At(bytes, at)
  return { width: both >>> 16, height: both & 0xffff }
}

/** The 32-bit field after creation and modification time, which are 64 bits wide from version 1 on. */
function wideField(bytes: Uint8Array, box: Box): number {
  const { version, fields } = fullBox(bytes, box, 12)
  return version === 0 ? u32At(bytes, fields + 8) : u32At(bytes, fullBox(bytes, box, 20).fields + 16)
}

/** `mmpu`: flags 8, mpu_sequence_number 32, asset_id_scheme 32, asset_id_length 32, asset_id. */
function assetIdOf(bytes: Uint8Array, mmpu: Box): Uint8Array | null {
  const { fields } = fullBox(bytes, mmpu, 13)
  const length = u32At(bytes, fields + 9)
  const end = mmpu.offset + mmpu.size
  return length > end - fields - 13 ? null : bytes.subarray(fields + 13, fields + 13 + length)
}
