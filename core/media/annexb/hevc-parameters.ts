import { BitReader } from './bit-reader.ts'

/** Fields of a sequence parameter set of H.265 (ISO/IEC 23008-2 §7.3.2.2) that timing and configuration need. */
export type HevcSps = {
  readonly id: number
  /** general_profile_space to general_level_idc, 12 bytes as `hvcC` has them. */
  readonly profileTierLevel: Uint8Array
  readonly temporalLayers: number
  readonly temporalNested: boolean
  readonly chromaFormat: number
  readonly lumaDepth: number
  readonly chromaDepth: number
  readonly separatePlanes: boolean
  readonly pocLsbBits: number
  readonly width: number
  readonly height: number
  readonly rate: { readonly num: number; readonly den: number } | null
  readonly reorder: number
}

/** Fields of a picture parameter set (§7.3.2.3.1). */
export type HevcPps = {
  readonly id: number
  readonly sps: number
  readonly outputFlagPresent: boolean
  readonly extraSliceBits: number
}

/**
 * Reads a sequence parameter set with its NAL header.
 * @throws CodecError nal-…
 */
export function readHevcSps(nal: Uint8Array): HevcSps {
  const bits = new BitReader(nal, 2)
  bits.skip(4)
  const subLayers = bits.bits(3)
  const temporalNested = bits.flag()
  const profileTierLevel = readProfileTierLevel(bits, subLayers)
  const id = bits.ue()
  const chromaFormat = bits.ue()
  const separatePlanes = chromaFormat === 3 && bits.flag()
  let width = bits.ue()
  let height = bits.ue()
  if (bits.flag()) {
    const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
    const unitY = chromaFormat === 1 ? 2 : 1
    width -= unitX * (bits.ue() + bits.ue())
    height -= unitY * (bits.ue() + bits.ue())
  }
  const lumaDepth = 8 + bits.ue()
  const chromaDepth = 8 + bits.ue()
  const pocLsbBits = 4 + bits.ue()
  const allLayers = bits.flag()
  let reorder = 0
  for (let layer = allLayers ? 0 : subLayers; layer <= subLayers; layer++) {
    bits.ue()
    reorder = bits.ue()
    bits.ue()
  }
  const rate = readTiming(bits, pocLsbBits)
  return {
    id,
    profileTierLevel,
    temporalLayers: subLayers + 1,
    temporalNested,
    chromaFormat,
    lumaDepth,
    chromaDepth,
    separatePlanes,
    pocLsbBits: Math.min(16, pocLsbBits),
    width: Math.max(0, width),
    height: Math.max(0, height),
    rate,
    reorder: Math.min(16, reorder),
  }
}

/** @throws CodecError nal-… */
export function readHevcPps(nal: Uint8Array): HevcPps {
  const bits = new BitReader(nal, 2)
  const id = bits.ue()
  const sps = bits.ue()
  bits.skip(1)
  const outputFlagPresent = bits.flag()
  return { id, sps, outputFlagPresent, extraSliceBits: bits.bits(3) }
}

/** profile_tier_level (§7.3.3), of which the general part is kept. */
function readProfileTierLevel(bits: BitReader, subLayers: number): Uint8Array {
  const general = new Uint8Array(12)
  for (let at = 0; at < 12; at++) general[at] = bits.bits(8)
  const present: (readonly [boolean, boolean])[] = []
  for (let layer = 0; layer < subLayers; layer++) present.push([bits.flag(), bits.flag()])
  if (subLayers > 0) bits.skip(2 * (8 - subLayers))
  for (const [profile, level] of present) bits.skip((profile ? 88 : 0) + (level ? 8 : 0))
  return general
}

/** What is between the bit depths and the timing of the VUI. A fault there leaves the timing out. */
function readTiming(bits: BitReader, pocLsbBits: number): HevcSps['rate'] {
  try {
    return readTail(bits, pocLsbBits)
  } catch {
    return null
  }
}

function readTail(bits: BitReader, pocLsbBits: number): HevcSps['rate'] {
  for (let at = 0; at < 6; at++) bits.ue()
  if (bits.flag() && bits.flag()) skipScalingLists(bits)
  bits.skip(2)
  if (bits.flag()) {
    bits.skip(8)
    bits.ue()
    bits.ue()
    bits.skip(1)
  }
  const sets = bits.ue()
  const deltaCounts: number[] = []
  for (let set = 0; set < Math.min(65, sets); set++) deltaCounts.push(skipReferenceSet(bits, set, deltaCounts))
  if (bits.flag()) {
    const count = bits.ue()
    for (let at = 0; at < Math.min(33, count); at++) bits.skip(pocLsbBits + 1)
  }
  bits.skip(2)
  return bits.flag() ? readVui(bits) : null
}

/** st_ref_pic_set (§7.3.7). @returns NumDeltaPocs */
function skipReferenceSet(bits: BitReader, set: number, before: readonly number[]): number {
  if (set > 0 && bits.flag()) {
    bits.skip(1)
    bits.ue()
    let count = 0
    for (let at = 0; at <= (before[set - 1] as number); at++) {
      const used = bits.flag()
      if (used || bits.flag()) count++
    }
    return count
  }
  const negative = Math.min(16, bits.ue())
  const positive = Math.min(16, bits.ue())
  for (let at = 0; at < negative + positive; at++) {
    bits.ue()
    bits.skip(1)
  }
  return negative + positive
}

/** scaling_list_data (§7.3.4). */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++)
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue()
        continue
      }
      if (size > 1) bits.se()
      for (let at = 0; at < Math.min(64, 1 << (4 + (size << 1))); at++) bits.se()
    }
}

/** vui_parameters (§E.2.1) up to the timing. */
function readVui(bits: BitReader): HevcSps['rate'] {
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
  bits.skip(3)
  if (bits.flag()) for (let at = 0; at < 4; at++) bits.ue()
  if (!bits.flag()) return null
  const units = bits.bits(32)
  const scale = bits.bits(32)
  return units > 0 && scale > 0 ? { num: scale, den: units } : null
}
