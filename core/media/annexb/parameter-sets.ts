import { HIGH_PROFILES, readAvcSps } from './avc-parameters.ts'
import { readHevcSps } from './hevc-parameters.ts'

/** Most parameter sets of a kind that a configuration has. */
const MAX_SETS = 16

/** The parameter sets of a video stream, as the configuration of ISO BMFF (ISO/IEC 14496-15 §5.3.3.1, §8.3.3.1). */
export class ParameterSets {
  readonly #hevc: boolean
  readonly #sets = new Map<number, Uint8Array[]>()
  /** Grows when a set is new or changed. */
  version = 0

  constructor(codec: 'avc' | 'hevc') {
    this.#hevc = codec === 'hevc'
  }

  /** Takes a copy of a set; one with the id of another replaces it. */
  add(nal: Uint8Array): void {
    const type = this.#hevc ? ((nal[0] as number) >> 1) & 63 : (nal[0] as number) & 31
    const sets = this.#sets.get(type) ?? []
    if (sets.some((set) => same(set, nal))) return
    const id = setId(nal, this.#hevc, type)
    const at = sets.findIndex((set) => setId(set, this.#hevc, type) === id)
    if (at >= 0) sets[at] = nal.slice()
    else if (sets.length < MAX_SETS) sets.push(nal.slice())
    this.#sets.set(type, sets)
    this.version++
  }

  /** Whether all sets that a decoder needs are there. */
  get complete(): boolean {
    return (this.#hevc ? [32, 33, 34] : [7, 8]).every((type) => (this.#sets.get(type)?.length ?? 0) > 0)
  }

  /** `avcC` or `hvcC`, without box header. @throws CodecError nal-… */
  configuration(): Uint8Array {
    return this.#hevc ? this.#hvcC() : this.#avcC()
  }

  #avcC(): Uint8Array {
    const sps = this.#sets.get(7) ?? []
    const pps = this.#sets.get(8) ?? []
    const [first] = sps
    if (first === undefined) throw new RangeError('there is no sequence parameter set')
    const out = [1, first[1] as number, first[2] as number, first[3] as number, 0xff, 0xe0 | sps.length]
    for (const set of sps) out.push(set.length >> 8, set.length & 255, ...set)
    out.push(pps.length)
    for (const set of pps) out.push(set.length >> 8, set.length & 255, ...set)
    const { profile, chromaFormat, lumaDepth, chromaDepth } = readAvcSps(first)
    if (HIGH_PROFILES.includes(profile))
      out.push(0xfc | chromaFormat, 0xf8 | (lumaDepth - 8), 0xf8 | (chromaDepth - 8), 0)
    return Uint8Array.from(out)
  }

  #hvcC(): Uint8Array {
    const [sps] = this.#sets.get(33) ?? []
    if (sps === undefined) throw new RangeError('there is no sequence parameter set')
    const { profileTierLevel, chromaFormat, lumaDepth, chromaDepth, temporalLayers, temporalNested } = readHevcSps(sps)
    const out = [1, ...profileTierLevel, 0xf0, 0, 0xfc, 0xfc | chromaFormat, 0xf8 | (lumaDepth - 8)]
    out.push(0xf8 | (chromaDepth - 8), 0, 0, (temporalLayers << 3) | (temporalNested ? 4 : 0) | 3)
    const arrays = [32, 33, 34].filter((type) => (this.#sets.get(type)?.length ?? 0) > 0)
    out.push(arrays.length)
    for (const type of arrays) {
      const sets = this.#sets.get(type) ?? []
      out.push(0x80 | type, 0, sets.length)
      for (const set of sets) out.push(set.length >> 8, set.length & 255, ...set)
    }
    return Uint8Array.from(out)
  }
}

/** Id of a set; that of a picture parameter set and of H.265 is read past emulation bytes, which cannot come so early. */
function setId(nal: Uint8Array, hevc: boolean, type: number): number {
  if (!hevc) return type === 7 ? readAvcSps(nal).id : golomb(nal, 8)
  if (type === 32) return (nal[2] as number) >> 4
  return type === 33 ? readHevcSps(nal).id : golomb(nal, 16)
}

function golomb(nal: Uint8Array, from: number): number {
  const bit = (at: number): number => ((nal[at >> 3] ?? 0) >> (7 - (at & 7))) & 1
  let zeros = 0
  while (zeros < 16 && bit(from + zeros) === 0) zeros++
  let value = 1
  for (let at = 1; at <= zeros; at++) value = value * 2 + bit(from + zeros + at)
  return value - 1
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
