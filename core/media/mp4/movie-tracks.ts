import { ByteReader } from '../../bytes/byte-reader.ts'
import { u32At } from '../../bytes/ints.ts'
import type { SampleTrack } from '../../flow/samples.ts'
import { type Box, childBoxes, findBox, fullBox } from '../bmff/boxes.ts'
import { codecString, ENTRY_BYTES } from '../mmt/codec-string.ts'
import type { MpuMovie, MpuTrack } from '../mmt/mpu-movie.ts'

/** Boxes with the configuration of a codec. */
const CONFIGURATIONS = ['avcC', 'hvcC', 'esds', 'dac3', 'dec3', 'dac4', 'dOps', 'mhaC', 'av1C', 'vpcC']

/** A track of a movie that is read. */
export type ReadTrack = {
  readonly track: SampleTrack
  readonly mpu: MpuTrack
  /** Media is presented later by as many ticks: empty edits at its beginning. */
  readonly delayTicks: number
  /** Samples are protected (`encv`, `enca`). */
  readonly encrypted: boolean
}

/**
 * Describes the tracks of a movie, with their edit lists: of these only delays and the beginning are followed.
 * @throws CodecError bmff-…
 */
export function tracksOfMovie(movie: MpuMovie, movieTimescale: number): ReadTrack[] {
  return movie.tracks.flatMap((mpu) => {
    const entry = entryOf(movie.bytes, mpu)
    if (entry === null || mpu.timescale === 0) return []
    const { startTicks, delayTicks } = readEdits(movie.bytes, mpu, movieTimescale)
    const kind = { vide: 'video', soun: 'audio', subt: 'text', text: 'text' } as const
    const fields = mpu.handler === 'vide' ? ENTRY_BYTES.visual : ENTRY_BYTES.audio
    const timed = mpu.handler === 'vide' || mpu.handler === 'soun'
    const config = timed && entry.size >= entry.headerBytes + fields ? configOf(movie.bytes, entry, fields) : null
    const audio = mpu.handler === 'soun' && entry.size >= entry.headerBytes + ENTRY_BYTES.audio
    const at = entry.offset + entry.headerBytes
    const rate = audio ? u32At(movie.bytes, at + 24) >>> 16 : 0
    const track: SampleTrack = {
      id: mpu.trackId,
      kind: kind[mpu.handler as keyof typeof kind] ?? 'data',
      codec: codecString(movie, mpu),
      timescale: mpu.timescale,
      configuration: config,
      entry: movie.bytes.slice(entry.offset, entry.offset + entry.size),
      language: languageOf(movie.bytes, mpu.box),
      ...(mpu.dimensions === null ? {} : mpu.dimensions),
      ...(audio ? { channels: u32At(movie.bytes, at + 16) >>> 16 || 2, sampleRate: rate || mpu.timescale } : {}),
      startTicks,
    }
    return [{ track, mpu, delayTicks, encrypted: ['encv', 'enca'].includes(mpu.entryType) }]
  })
}

/** Ticks per second of the movie's own times; 1000 where it has none. */
export function timescaleOfMovie(bytes: Uint8Array, moov: Box): number {
  const mvhd = findBox(bytes, moov, 'mvhd')
  if (mvhd === undefined) return 1000
  const { version } = fullBox(bytes, mvhd, 12)
  const { fields } = fullBox(bytes, mvhd, version === 0 ? 12 : 20)
  return u32At(bytes, fields + (version === 0 ? 8 : 16)) || 1000
}

function entryOf(bytes: Uint8Array, { box }: MpuTrack): Box | null {
  const stsd = findBox(bytes, box, 'mdia', 'minf', 'stbl', 'stsd')
  return (stsd === undefined ? undefined : childBoxes(bytes, stsd, 8)[0]) ?? null
}

function configOf(bytes: Uint8Array, entry: Box, fields: number): Uint8Array | null {
  // A sound entry of QuickTime has more fields, of which the version says how many.
  const version = fields === ENTRY_BYTES.audio ? (bytes[entry.offset + entry.headerBytes + 9] ?? 0) : 0
  const more = version === 1 ? 16 : version === 2 ? 36 : 0
  const children = childBoxes(bytes, entry, fields + more)
  const wave = children.find(({ type }) => type === 'wave')
  const all = wave === undefined ? children : [...children, ...childBoxes(bytes, wave)]
  const config = all.find(({ type }) => CONFIGURATIONS.includes(type))
  return config === undefined ? null : bytes.slice(config.offset + config.headerBytes, config.offset + config.size)
}

function languageOf(bytes: Uint8Array, trak: Box): string | null {
  const mdhd = findBox(bytes, trak, 'mdia', 'mdhd')
  if (mdhd === undefined) return null
  const { version, fields } = fullBox(bytes, mdhd, 18)
  const at = fields + (version === 0 ? 16 : 28)
  if (at + 2 > mdhd.offset + mdhd.size) return null
  const packed = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  const text = String.fromCharCode(...[10, 5, 0].map((shift) => 0x60 + ((packed >> shift) & 31)))
  return /^[a-z]{3}$/.test(text) && text !== 'und' ? text : null
}

/** Edit list (ISO/IEC 14496-12 §8.6.6): empty edits before the first other one, and where that begins. */
function readEdits(
  bytes: Uint8Array,
  { box, timescale }: MpuTrack,
  movieTimescale: number,
): { startTicks: number; delayTicks: number } {
  const elst = findBox(bytes, box, 'edts', 'elst')
  if (elst === undefined) return { startTicks: 0, delayTicks: 0 }
  const { version, fields } = fullBox(bytes, elst, 4)
  const reader = new ByteReader(bytes, fields, elst.offset + elst.size, 'bmff-truncated')
  const count = Math.min(16, reader.u32('entry_count'))
  let delay = 0
  for (let entry = 0; entry < count; entry++) {
    const duration = version === 1 ? reader.u64Number('segment_duration') : reader.u32('segment_duration')
    const wide = version === 1 ? reader.u64('media_time') : BigInt(reader.i32('media_time'))
    reader.skip(4, 'media_rate')
    const start = Number(BigInt.asIntN(64, wide))
    if (start >= 0) return { startTicks: start, delayTicks: Math.round((delay * timescale) / movieTimescale) }
    delay += duration
  }
  return { startTicks: 0, delayTicks: Math.round((delay * timescale) / movieTimescale) }
}
