import { type AvcPps, type AvcSps, readAvcPps, readAvcSps } from './avc-parameters.ts'
import { BitReader } from './bit-reader.ts'
import type { PictureFormat, PictureHeader, SliceFault } from './video-format.ts'

/** What a slice header has that tells pictures apart (ISO/IEC 14496-10 §7.4.1.2.4). */
type Slice = {
  readonly pps: number
  readonly sps: AvcSps
  readonly frameNum: number
  readonly field: boolean
  readonly bottom: boolean
  readonly idr: boolean
  readonly idrId: number
  readonly ref: boolean
  readonly lsb: number
  readonly deltaBottom: number
  readonly delta0: number
  readonly delta1: number
}

/** Parameter sets and the order of pictures of an H.264 stream. MMCO 5 is not followed. */
export class AvcPictures {
  readonly #sps = new Map<number, AvcSps>()
  readonly #pps = new Map<number, AvcPps>()
  #last: Slice | null = null
  #pocMsb = 0
  #pocLsb = 0
  #frameNumOffset = 0
  #firstField: Slice | null = null
  #format: PictureFormat | null = null

  /** Of the sequence parameter set used last; null before the first picture. */
  get format(): PictureFormat | null {
    return this.#format
  }

  /** Takes a parameter set. @throws CodecError nal-… */
  parameterSet(nal: Uint8Array): void {
    const type = (nal[0] as number) & 31
    if (type === 7) {
      const sps = readAvcSps(nal)
      if (sps.id < 32) this.#sps.set(sps.id, sps)
    } else if (type === 8) {
      const pps = readAvcPps(nal)
      if (pps.id < 256) this.#pps.set(pps.id, pps)
    }
  }

  /**
   * Reads the header of a slice. One that cannot be read makes no error: a stream may have nothing else.
   * @returns the picture that it begins; null where it continues the one before
   */
  slice(nal: Uint8Array): PictureHeader | SliceFault | null {
    const slice = this.#read(nal)
    if (typeof slice === 'string') return slice
    const before = this.#last
    if (before !== null && samePicture(before, slice)) return null
    this.#last = slice
    const first = this.#firstField
    const secondField =
      first !== null &&
      slice.field &&
      first.bottom !== slice.bottom &&
      first.frameNum === slice.frameNum &&
      (!slice.idr || first.idr)
    this.#firstField = slice.field && !secondField ? slice : null
    const order = this.#order(slice, before)
    const { width, height, rate, reorder } = slice.sps
    if (this.#format?.width !== width || this.#format.height !== height || this.#format.reorder !== reorder)
      this.#format = { width, height, rate, reorder }
    else if (this.#format.rate?.num !== rate?.num || this.#format.rate?.den !== rate?.den)
      this.#format = { width, height, rate, reorder }
    return { sync: slice.idr, order, restart: slice.idr && !secondField, secondField }
  }

  #read(nal: Uint8Array): Slice | SliceFault {
    const header = nal[0] as number
    const idr = (header & 31) === 5
    const bits = new BitReader(nal, 1, Math.min(nal.length, 64), true)
    bits.ue()
    bits.ue()
    const ppsId = bits.ue()
    if (bits.bad) return 'malformed'
    const pps = this.#pps.get(ppsId)
    const sps = pps === undefined ? undefined : this.#sps.get(pps.sps)
    if (pps === undefined || sps === undefined) return 'undecodable'
    if (sps.separatePlanes) bits.skip(2)
    const frameNum = bits.bits(sps.frameNumBits)
    const field = !sps.frameOnly && bits.flag()
    const bottom = field && bits.flag()
    const idrId = idr ? bits.ue() : 0
    let lsb = 0
    let deltaBottom = 0
    let delta0 = 0
    let delta1 = 0
    if (sps.pocType === 0) {
      lsb = bits.bits(sps.pocLsbBits)
      if (pps.bottomPocPresent && !field) deltaBottom = bits.se()
    } else if (sps.pocType === 1 && !sps.deltaAlwaysZero) {
      delta0 = bits.se()
      if (pps.bottomPocPresent && !field) delta1 = bits.se()
    }
    if (bits.bad) return 'malformed'
    const ref = (header & 0x60) !== 0
    return { pps: pps.id, sps, frameNum, field, bottom, idr, idrId, ref, lsb, deltaBottom, delta0, delta1 }
  }

  /** PicOrderCnt of the picture (§8.2.1). */
  #order(slice: Slice, before: Slice | null): number {
    if (slice.sps.pocType === 0) return this.#orderByLsb(slice)
    const max = 2 ** slice.sps.frameNumBits
    if (slice.idr) this.#frameNumOffset = 0
    else if (before !== null && before.frameNum > slice.frameNum) this.#frameNumOffset += max
    const number = this.#frameNumOffset + slice.frameNum
    if (slice.sps.pocType === 2) return slice.idr ? 0 : 2 * number - (slice.ref ? 0 : 1)
    return orderByCycle(slice, number)
  }

  #orderByLsb({ sps, lsb, idr, ref, deltaBottom, field, bottom }: Slice): number {
    const max = 2 ** sps.pocLsbBits
    if (idr) {
      this.#pocMsb = 0
      this.#pocLsb = 0
    }
    let msb = this.#pocMsb
    if (lsb < this.#pocLsb && this.#pocLsb - lsb >= max / 2) msb += max
    else if (lsb > this.#pocLsb && lsb - this.#pocLsb > max / 2) msb -= max
    if (ref) {
      this.#pocMsb = msb
      this.#pocLsb = lsb
    }
    const order = msb + lsb
    return field || bottom ? order : Math.min(order, order + deltaBottom)
  }
}

function orderByCycle({ sps, ref, delta0, delta1, bottom }: Slice, number: number): number {
  const { refOffsets, offsetForNonRef, offsetForBottom } = sps
  const cycle = refOffsets.length
  let absolute = cycle === 0 ? 0 : number
  if (!ref && absolute > 0) absolute--
  let order = 0
  if (absolute > 0) {
    const sum = refOffsets.reduce((all, each) => all + each, 0)
    order = Math.floor((absolute - 1) / cycle) * sum
    for (let at = 0; at <= (absolute - 1) % cycle; at++) order += refOffsets[at] as number
  }
  if (!ref) order += offsetForNonRef
  return bottom ? order + offsetForBottom + delta0 : Math.min(order + delta0, order + delta0 + offsetForBottom + delta1)
}

function samePicture(a: Slice, b: Slice): boolean {
  return (
    a.frameNum === b.frameNum &&
    a.pps === b.pps &&
    a.field === b.field &&
    a.bottom === b.bottom &&
    a.ref === b.ref &&
    a.idr === b.idr &&
    a.idrId === b.idrId &&
    a.lsb === b.lsb &&
    a.deltaBottom === b.deltaBottom &&
    a.delta0 === b.delta0 &&
    a.delta1 === b.delta1
  )
}
