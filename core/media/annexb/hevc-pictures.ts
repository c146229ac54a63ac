import { BitReader } from './bit-reader.ts'
import { type HevcPps, type HevcSps, readHevcPps, readHevcSps } from './hevc-parameters.ts'
import type { PictureFormat, PictureHeader, SliceFault } from './video-format.ts'

/** Parameter sets and the order of pictures of an H.265 stream. */
export class HevcPictures {
  readonly #sps = new Map<number, HevcSps>()
  readonly #pps = new Map<number, HevcPps>()
  #pocTid0 = 0
  #begun = false
  #format: PictureFormat | null = null

  /** Of the sequence parameter set used last; null before the first picture. */
  get format(): PictureFormat | null {
    return this.#format
  }

  /** Takes a parameter set. @throws CodecError nal-… */
  parameterSet(nal: Uint8Array): void {
    const type = ((nal[0] as number) >> 1) & 63
    if (type === 33) {
      const sps = readHevcSps(nal)
      if (sps.id < 16) this.#sps.set(sps.id, sps)
    } else if (type === 34) {
      const pps = readHevcPps(nal)
      if (pps.id < 64) this.#pps.set(pps.id, pps)
    }
  }

  /**
   * Reads the header of a slice segment. One that cannot be read makes no error: a stream may have nothing else.
   * @returns the picture that it begins; null where it continues the one before
   */
  slice(nal: Uint8Array): PictureHeader | SliceFault | null {
    const type = ((nal[0] as number) >> 1) & 63
    const temporalId = ((nal[1] as number) & 7) - 1
    const bits = new BitReader(nal, 2, Math.min(nal.length, 64), true)
    const isFirst = bits.flag()
    if (bits.bad) return 'malformed'
    if (!isFirst) return null
    const irap = type >= 16 && type <= 23
    if (irap) bits.skip(1)
    const ppsId = bits.ue()
    if (bits.bad) return 'malformed'
    const pps = this.#pps.get(ppsId)
    const sps = pps === undefined ? undefined : this.#sps.get(pps.sps)
    if (pps === undefined || sps === undefined) return 'undecodable'
    bits.skip(pps.extraSliceBits)
    bits.ue()
    if (pps.outputFlagPresent) bits.skip(1)
    if (sps.separatePlanes) bits.skip(2)
    const idr = type === 19 || type === 20
    const lsb = idr ? 0 : bits.bits(sps.pocLsbBits)
    if (bits.bad) return 'malformed'
    // NoRaslOutputFlag (§8.1.3): IDR, BLA, and the first picture of the stream.
    const restart = irap && (type <= 20 || !this.#begun)
    this.#begun = true
    const order = restart ? lsb : this.#order(lsb, 2 ** sps.pocLsbBits)
    // prevTid0Pic (§8.3.1): neither a leading picture nor one that no other refers to.
    if (temporalId === 0 && !(type <= 14 && type % 2 === 0) && !(type >= 6 && type <= 9)) this.#pocTid0 = order
    const { width, height, rate, reorder } = sps
    const known = this.#format
    if (
      known?.width !== width ||
      known.height !== height ||
      known.reorder !== reorder ||
      known.rate?.num !== rate?.num ||
      known.rate?.den !== rate?.den
    )
      this.#format = { width, height, rate, reorder }
    return { sync: irap, order, restart, secondField: false }
  }

  #order(lsb: number, max: number): number {
    const previousLsb = ((this.#pocTid0 % max) + max) % max
    let msb = this.#pocTid0 - previousLsb
    if (lsb < previousLsb && previousLsb - lsb >= max / 2) msb += max
    else if (lsb > previousLsb && lsb - previousLsb > max / 2) msb -= max
    return msb + lsb
  }
}
