import { CodecError } from '../../bytes/codec-error.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'
import { AvcPictures } from './avc-pictures.ts'
import { HevcPictures } from './hevc-pictures.ts'
import { ParameterSets } from './parameter-sets.ts'
import type { PictureFormat, PictureHeader, SliceFault } from './video-format.ts'

/** One access unit as a sample of ISO BMFF. `data` is valid during the call. */
export type AccessUnit = {
  /** NAL units behind 32-bit lengths, without parameter sets, delimiters and filler. */
  readonly data: Uint8Array
  readonly sync: boolean
  readonly order: number
  readonly restart: boolean
  readonly format: PictureFormat
  /** Stream offset at which it begins. */
  readonly offset: number
}

/** Video of NAL units: H.264 or H.265. */
export type NalCodec = 'avc' | 'hevc'

/**
 * Puts NAL units together to access units (ISO/IEC 14496-10 §7.4.1.2.3, 23008-2 §7.4.2.4.4). Pictures before the first random
 * access point are dropped and counted.
 */
export class AccessUnits {
  readonly sets: ParameterSets
  readonly #hevc: boolean
  readonly #pictures: AvcPictures | HevcPictures
  readonly #faults: StreamFaults
  readonly #take: (unit: AccessUnit) => void
  #data = new Uint8Array(64 * 1024)
  #length = 0
  #picture: PictureHeader | null = null
  #offset = -1
  #started = false
  #broken = false

  constructor(codec: NalCodec, take: (unit: AccessUnit) => void, faults: StreamFaults) {
    this.#hevc = codec === 'hevc'
    this.sets = new ParameterSets(codec)
    this.#pictures = this.#hevc ? new HevcPictures() : new AvcPictures()
    this.#take = take
    this.#faults = faults
  }

  /** Takes the next NAL unit, `bytes[start, end)` without start code. */
  nal(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const first = bytes[start] as number
    if ((first & 0x80) !== 0 || (this.#hevc && end - start < 3)) {
      this.#faults.add('malformed')
      return
    }
    const type = this.#hevc ? (first >> 1) & 63 : first & 31
    const kind = this.#hevc ? hevcKind(type) : avcKind(type)
    if (kind === 'picture') this.#slice(bytes, start, end, offset)
    else {
      if (kind === 'before' || kind === 'set') this.#endBefore(offset)
      if (kind === 'set') this.#parameterSet(bytes.subarray(start, end))
      if (type === (this.#hevc ? 39 : 6) || (this.#hevc && type === 40)) this.#append(bytes, start, end)
    }
  }

  /** The access unit in progress ends. */
  flush(): void {
    this.#end()
  }

  /** Bytes are missing: drops the access unit in progress, and all until the next random access point where told. */
  gap(untilSync: boolean): void {
    if (this.#picture !== null) this.#faults.add('truncated')
    this.#picture = null
    this.#length = 0
    this.#offset = -1
    if (untilSync) this.#started = false
  }

  #slice(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const picture = this.#pictures.slice(bytes.subarray(start, end))
    if (typeof picture === 'string') {
      this.#fault(picture)
      if (this.#picture === null) {
        this.#length = 0
        this.#offset = -1
      }
      return
    }
    if (picture !== null && !picture.secondField) {
      this.#end()
      if (this.#offset < 0) this.#offset = offset
      this.#picture = picture
      this.#broken = false
    }
    if (this.#picture === null) return
    this.#append(bytes, start, end)
  }

  #parameterSet(nal: Uint8Array): void {
    try {
      this.#pictures.parameterSet(nal)
      this.sets.add(nal)
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#fault('malformed')
    }
  }

  #fault(fault: SliceFault): void {
    this.#faults.add(fault)
    if (fault === 'malformed') this.#broken = true
  }

  /** A NAL unit that precedes the first slice of a picture begins the next access unit. */
  #endBefore(offset: number): void {
    if (this.#picture !== null) this.#end()
    if (this.#offset < 0) this.#offset = offset
  }

  #end(): void {
    const picture = this.#picture
    this.#picture = null
    if (picture === null) return
    const { format } = this.#pictures
    const data = this.#data.subarray(0, this.#length)
    const offset = this.#offset
    this.#length = 0
    this.#offset = -1
    if (format === null || this.#broken) return
    if (!this.#started && !picture.sync && !this.#hasRecoveryPoint(data)) {
      this.#faults.add('undecodable')
      return
    }
    this.#started = true
    const { sync, order, restart } = picture
    this.#take({ data, sync, order, restart, format, offset })
  }

  /** Recovery point SEI (payload type 6): decoding may begin, although the picture is no sync sample. */
  #hasRecoveryPoint(data: Uint8Array): boolean {
    return !this.#hevc && data.length > 6 && ((data[4] as number) & 31) === 6 && data[5] === 6
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start
    const needed = this.#length + 4 + size
    if (needed > this.#data.length) {
      const grown = new Uint8Array(Math.max(needed, this.#data.length * 2))
      grown.set(this.#data.subarray(0, this.#length))
      this.#data = grown
    }
    const data = this.#data
    const at = this.#length
    data[at] = size >>> 24
    data[at + 1] = size >>> 16
    data[at + 2] = size >>> 8
    data[at + 3] = size
    data.set(bytes.subarray(start, end), at + 4)
    this.#length = needed
  }
}

/** `before`: begins an access unit if a picture is complete; `after`: belongs to the one before, or is dropped. */
type NalUse = 'picture' | 'set' | 'before' | 'after'

function avcKind(type: number): NalUse {
  if (type >= 1 && type <= 5) return 'picture'
  if (type === 7 || type === 8) return 'set'
  return type === 6 || type === 9 || (type >= 14 && type <= 18) ? 'before' : 'after'
}

function hevcKind(type: number): NalUse {
  if (type < 32) return 'picture'
  if (type <= 34) return 'set'
  return type === 35 || type === 39 || (type >= 41 && type <= 44) || (type >= 48 && type <= 55) ? 'before' : 'after'
}
