import { BitReader } from './bit-reader.ts'

/** Fields of a sequence parameter set of H.264 (ISO/IEC 14496-10 §7.3.2.1) that timing and configuration need. */
export type AvcSps = {
  readonly id: number
  readonly profile: number
  readonly level: number
  readonly chromaFormat: number
  readonly lumaDepth: number
  readonly chromaDepth: number
  readonly separatePlanes: boolean
  readonly frameNumBits: number
  readonly pocType: number
  readonly pocLsbBits: number
  readonly deltaAlwaysZero: boolean
  readonly offsetForNonRef: number
  readonly offsetForBottom: number
  readonly refOffsets: readonly number[]
  readonly frameOnly: boolean
  readonly width: number
  readonly height: number
  readonly rate: { readonly num: number; readonly den: number } | null
  readonly reorder: number
}

/** Fields of a picture parameter set (§7.3.2.2). */
export type AvcPps = { readonly id: number; readonly sps: number; readonly bottomPocPresent: boolean }

/** Profiles whose parameter sets have the chroma format and bit depths. */
export const HIGH_PROFILES: readonly number[] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
/** MaxDpbMbs by level (Table A-1). */
const DPB_MACROBLOCKS: readonly (readonly [number, number])[] = [
  [10, 396],
  [11, 900],
  [13, 2376],
  [21, 4752],
  [30, 8100],
  [31, 18000],
  [32, 20480],
  [41, 32768],
  [42, 34816],
  [50, 110400],
  [52, 184320],
  [62, 696320],
]

/**
 * Reads a sequence parameter set with its NAL header.
 * @throws CodecError nal-…
 */
export function readAvcSps(nal: Uint8Array): AvcSps {
  const bits = new BitReader(nal, 1)
  const profile = bits.bits(8)
  const constraints = bits.bits(8)
  const level = bits.bits(8)
  const id = bits.ue()
  let chromaFormat = 1
  let lumaDepth = 8
  let chromaDepth = 8
  let separatePlanes = false
  if (HIGH_PROFILES.includes(profile)) {
    chromaFormat = bits.ue()
    if (chromaFormat === 3) separatePlanes = bits.flag()
    lumaDepth = 8 + bits.ue()
    chromaDepth = 8 + bits.ue()
    bits.skip(1)
    if (bits.flag()) for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list++) skipScaling(bits, list)
  }
  const frameNumBits = 4 + bits.ue()
  const pocType = bits.ue()
  let pocLsbBits = 0
  let deltaAlwaysZero = false
  let offsetForNonRef = 0
  let offsetForBottom = 0
  const refOffsets: number[] = []
  if (pocType === 0) pocLsbBits = 4 + bits.ue()
  else if (pocType === 1) {
    deltaAlwaysZero = bits.flag()
    offsetForNonRef = bits.se()
    offsetForBottom = bits.se()
    const count = Math.min(255, bits.ue())
    for (let at = 0; at < count; at++) refOffsets.push(bits.se())
  }
  const refFrames = bits.ue()
  bits.skip(1)
  const widthMbs = bits.ue() + 1
  const mapUnits = bits.ue() + 1
  const frameOnly = bits.flag()
  if (!frameOnly) bits.skip(1)
  bits.skip(1)
  const heightMbs = mapUnits * (frameOnly ? 1 : 2)
  const crop = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0]
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
  const cropY = (chromaFormat === 1 ? 2 : 1) * (frameOnly ? 1 : 2)
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const vui = bits.flag() ? readVui(bits) : { rate: null, reorder: null }
  const intraOnly = (constraints & 0x10) !== 0 && [44, 86, 100, 110, 122, 244].includes(profile)
  const dpb = Math.max(1, Math.min(16, Math.floor(dpbMacroblocks(level) / (widthMbs * heightMbs))))
  const reorder = vui.reorder ?? (pocType === 2 || profile === 66 || intraOnly || refFrames === 0 ? 0 : dpb)
  return {
    id,
    profile,
    level,
    chromaFormat,
    lumaDepth,
    chromaDepth,
    separatePlanes,
    frameNumBits,
    pocType,
    pocLsbBits,
    deltaAlwaysZero,
    offsetForNonRef,
    offsetForBottom,
    refOffsets,
    frameOnly,
    width: Math.max(0, widthMbs * 16 - cropX * (left + right)),
    height: Math.max(0, heightMbs * 16 - cropY * (top + bottom)),
    rate: vui.rate,
    reorder: Math.min(16, reorder),
  }
}

/** @throws CodecError nal-… */
export function readAvcPps(nal: Uint8Array): AvcPps {
  const bits = new BitReader(nal, 1)
  const id = bits.ue()
  const sps = bits.ue()
  bits.skip(1)
  return { id, sps, bottomPocPresent: bits.flag() }
}

function dpbMacroblocks(level: number): number {
  return DPB_MACROBLOCKS.find(([upTo]) => level <= upTo)?.[1] ?? 696_320
}

function skipScaling(bits: BitReader, list: number): void {
  if (!bits.flag()) return
  let last = 8
  let next = 8
  for (let at = 0; at < (list < 6 ? 16 : 64); at++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256
    if (next !== 0) last = next
  }
}

/** VUI (§E.1.1): timing, and the depth of reordering where it is restricted. */
function readVui(bits: BitReader): { rate: AvcSps['rate']; reorder: number | null } {
  if (bits.flag() && bits.bits(8) === 255) bits.skip(32)
  if (bits.flag()) bits.skip(1)
  if (bits.flag()) {
    bits.skip(4)
    if (bits.flag()) bits.skip(24)
  }
  if (bits.flag()) {
    bits.ue()
    bits.ue()
  }
  let rate: AvcSps['rate'] = null
  if (bits.flag()) {
    const units = bits.bits(32)
    const scale = bits.bits(32)
    bits.skip(1)
    if (units > 0 && scale > 0) rate = { num: scale, den: units * 2 }
  }
  const nalHrd = bits.flag()
  if (nalHrd) skipHrd(bits)
  const vclHrd = bits.flag()
  if (vclHrd) skipHrd(bits)
  if (nalHrd || vclHrd) bits.skip(1)
  bits.skip(1)
  if (!bits.flag()) return { rate, reorder: null }
  bits.skip(1)
  for (let at = 0; at < 4; at++) bits.ue()
  return { rate, reorder: bits.ue() }
}

function skipHrd(bits: BitReader): void {
  const count = Math.min(32, bits.ue() + 1)
  bits.skip(8)
  for (let at = 0; at < count; at++) {
    bits.ue()
    bits.ue()
    bits.skip(1)
  }
  bits.skip(20)
}
