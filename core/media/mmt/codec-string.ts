import { u16At, u32At } from '../../bytes/ints.ts'
import { type Box, childBoxes } from '../bmff/boxes.ts'
import type { MpuMovie, MpuTrack } from './mpu-movie.ts'

/** Bytes before the boxes of a sample entry: of video, of audio, and of any other (ISO/IEC 14496-12 §8.5.2). */
export const ENTRY_BYTES = { visual: 78, audio: 28, other: 8 } as const

/**
 * The `codecs` value of a track (RFC 6381; ISO/IEC 14496-15 Annex E for AVC and HEVC): `avc1.64001f`, `hev1.2.4.L93.b0`,
 * `mp4a.40.2`, `ac-4.02`, `mhm1.0x0b`. Without a configuration, the name of the sample entry.
 * @throws CodecError bmff-…
 */
export function codecString(movie: MpuMovie, track: MpuTrack): string {
  const { bytes } = movie
  const stsd = child(bytes, child(bytes, child(bytes, child(bytes, track.box, 'mdia'), 'minf'), 'stbl'), 'stsd')
  const entry = stsd === undefined ? undefined : childBoxes(bytes, stsd, 8)[0]
  if (entry === undefined) return track.entryType
  const fields =
    track.handler === 'vide' ? ENTRY_BYTES.visual : track.handler === 'soun' ? ENTRY_BYTES.audio : ENTRY_BYTES.other
  if (entry.size < entry.headerBytes + fields) return entry.type
  const children = childBoxes(bytes, entry, fields)
  const original = originalFormat(bytes, children) ?? entry.type
  const config = (type: string): Uint8Array | null => {
    const box = children.find((each) => each.type === type)
    return box === undefined ? null : bytes.subarray(box.offset + box.headerBytes, box.offset + box.size)
  }
  switch (original) {
    case 'avc1':
    case 'avc2':
    case 'avc3':
    case 'avc4':
      return avc(original, config('avcC'))
    case 'hev1':
    case 'hvc1':
      return hevc(original, config('hvcC'))
    case 'mp4a':
      return mp4a(config('esds'))
    case 'ac-4':
      return ac4(config('dac4'))
    case 'mhm1':
    case 'mhm2':
    case 'mha1':
    case 'mha2': {
      const mhac = config('mhaC')
      return mhac === null || mhac.length < 2 ? original : `${original}.0x${hex(mhac[1] as number)}`
    }
    default:
      return original
  }
}

function child(bytes: Uint8Array, box: Box | undefined, type: string): Box | undefined {
  return box === undefined ? undefined : childBoxes(bytes, box).find((each) => each.type === type)
}

/** Original format of a protected entry (`encv`, `enca`). */
function originalFormat(bytes: Uint8Array, children: readonly Box[]): string | null {
  const sinf = children.find((each) => each.type === 'sinf')
  const frma = sinf === undefined ? undefined : childBoxes(bytes, sinf).find((each) => each.type === 'frma')
  return frma === undefined || frma.size < 12
    ? null
    : String.fromCharCode(...bytes.subarray(frma.offset + 8, frma.offset + 12))
}

function avc(type: string, avcC: Uint8Array | null): string {
  if (avcC === null || avcC.length < 4) return type
  return `${type}.${hex(avcC[1] as number)}${hex(avcC[2] as number)}${hex(avcC[3] as number)}`
}

function hevc(type: string, hvcC: Uint8Array | null): string {
  return hvcC === null || hvcC.length < 13 ? type : `${type}.${hevcProfileText(hvcC)}`
}

/** What follows `hvc1.` in a `codecs` value. @param hvcC of 13 bytes or more */
export function hevcProfileText(hvcC: Uint8Array): string {
  const first = hvcC[1] as number
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? ''
  // Compatibility flags are written in reverse bit order, without leading zeros.
  let flags = u32At(hvcC, 2)
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) {
    reversed = (reversed << 1) | (flags & 1)
    flags >>>= 1
  }
  const tier = (first & 0x20) === 0 ? 'L' : 'H'
  const constraints = Array.from(hvcC.subarray(6, 12), (byte) => byte.toString(16))
  while (constraints.at(-1) === '0') constraints.pop()
  const parts = [`${space}${first & 31}`, (reversed >>> 0).toString(16), `${tier}${hvcC[12]}`, ...constraints]
  return parts.join('.')
}

/** ES_Descriptor, DecoderConfigDescriptor, DecoderSpecificInfo (ISO/IEC 14496-1 §7.2.6), each with a length of 7-bit groups. */
function mp4a(esds: Uint8Array | null): string {
  if (esds === null) return 'mp4a'
  let objectType = -1
  let at = 4
  while (at + 2 <= esds.length) {
    const tag = esds[at++] as number
    let length = 0
    for (let group = 0; group < 4 && at < esds.length; group++) {
      const byte = esds[at++] as number
      length = (length << 7) | (byte & 0x7f)
      if ((byte & 0x80) === 0) break
    }
    if (tag === 3) {
      const flags = at + 2 < esds.length ? (esds[at + 2] as number) : 0
      at += 3 + ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x20) === 0 ? 0 : 2)
    } else if (tag === 4) {
      objectType = esds[at] ?? -1
      at += 13
    } else if (tag === 5) {
      if (objectType !== 0x40 || length < 2 || at + 1 >= esds.length) break
      const first = u16At(esds, at)
      const audioType = first >> 11 === 31 ? 32 + ((first >> 5) & 63) : first >> 11
      return `mp4a.40.${audioType}`
    } else at += length
  }
  return objectType < 0 ? 'mp4a' : `mp4a.${hex(objectType)}`
}

/** ac4_dsi: version 3, bitstream_version 7 (ETSI TS 103 190-2 Annex E.6). */
function ac4(dac4: Uint8Array | null): string {
  if (dac4 === null || dac4.length < 2) return 'ac-4'
  return `ac-4.${hex((u16At(dac4, 0) >> 6) & 0x7f)}`
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
