import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'
import { joinBytes } from '../../bytes/join-bytes.ts'
import { childBoxes, findBox, fullBox, readBoxes } from '../bmff/boxes.ts'
import { fragmentRuns } from '../bmff/fragment-samples.ts'
import { LONGEST_INIT_BYTES, trackTimescales } from '../bmff/init-segment.ts'
import { NO_BYTES, type StreamSplitter, type StreamUnit } from './stream-unit.ts'

/** A longer box is passed on in pieces. */
const MAX_BOX_BYTES = 16 * 1024 * 1024
/** What a fragment may begin with. */
const BEFORE = new Set(['styp', 'sidx', 'ssix', 'emsg', 'prft', 'free', 'skip', 'moof'])

/**
 * Cuts fragmented MP4 (ISO/IEC 14496-12) into movie fragments with their data; one that begins with a sample that needs no other is
 * an entry, after the initialisation segment.
 */
export class FragmentSplitter implements StreamSplitter {
  readonly facts = null
  lead: Uint8Array | null = null
  #rest: Uint8Array = NO_BYTES
  /** Boxes of the unit that is being put together. */
  #unit: Uint8Array = NO_BYTES
  /** Offset of the `moof` in it; -1 without one. */
  #moof = -1
  #beginning: Uint8Array = NO_BYTES
  /** Bytes of a long box that are still to come. */
  #passing = 0
  #timescales = new Map<number, number>()
  #firstMs: number | null = null
  #timeMs: number | null = null

  push(bytes: Uint8Array): StreamUnit[] {
    const all = joinBytes([this.#rest, bytes])
    const units: StreamUnit[] = []
    let at = 0
    while (at < all.byteLength) {
      if (this.#passing > 0) {
        const end = Math.min(all.byteLength, at + this.#passing)
        this.#passing -= end - at
        this.#flush(units)
        units.push({ bytes: all.slice(at, end), entry: false, timeMs: this.#timeMs })
        at = end
        continue
      }
      if (all.byteLength - at < 16) break
      const size = boxBytes(all, at)
      if (size > MAX_BOX_BYTES) {
        this.#passing = size
        continue
      }
      if (at + size > all.byteLength) break
      this.#box(all.slice(at, at + size), units)
      at += size
    }
    this.#rest = all.slice(at)
    return units
  }

  end(): StreamUnit[] {
    const units: StreamUnit[] = []
    this.#flush(units)
    if (this.#rest.byteLength > 0) units.push({ bytes: this.#rest, entry: false, timeMs: this.#timeMs })
    this.#rest = NO_BYTES
    return units
  }

  #box(box: Uint8Array, units: StreamUnit[]): void {
    const type = String.fromCharCode(...box.subarray(4, 8))
    if (type === 'ftyp') {
      this.#flush(units)
      this.#beginning = box
      units.push({ bytes: box, entry: false, timeMs: this.#timeMs })
    } else if (type === 'moov') {
      this.#flush(units)
      this.#begin(joinBytes([this.#beginning, box]))
      units.push({ bytes: box, entry: false, timeMs: this.#timeMs })
    } else {
      if (type === 'moof') this.#moof = this.#unit.byteLength
      this.#unit = joinBytes([this.#unit, box])
      if (!BEFORE.has(type) || this.#unit.byteLength > MAX_BOX_BYTES) this.#flush(units)
    }
  }

  /** Takes an initialisation segment. */
  #begin(init: Uint8Array): void {
    this.#firstMs = null
    this.lead = init.byteLength > LONGEST_INIT_BYTES ? null : init
    this.#timescales = orElse(() => trackTimescales(init), new Map())
  }

  #flush(units: StreamUnit[]): void {
    if (this.#unit.byteLength === 0) return
    const bytes = this.#unit
    const moof = this.#moof
    this.#unit = NO_BYTES
    this.#moof = -1
    const begin = moof < 0 ? null : orElse(() => fragmentBegin(bytes, moof), null)
    const timescale = this.#timescales.get(begin?.track ?? -1)
    if (begin?.decodeTicks != null && timescale !== undefined && timescale > 0) {
      const ms = (begin.decodeTicks * 1000) / timescale
      this.#firstMs ??= ms - (this.#timeMs ?? 0)
      this.#timeMs = Math.max(this.#timeMs ?? 0, ms - this.#firstMs)
    }
    units.push({ bytes, entry: begin?.sync === true && this.lead !== null, timeMs: this.#timeMs })
  }
}

/** Size of the box at an offset of at least 16 bytes; infinite where it goes on to the end, or is none. */
function boxBytes(bytes: Uint8Array, at: number): number {
  const size = u32At(bytes, at)
  if (size === 1) return Math.max(16, u32At(bytes, at + 8) * 2 ** 32 + u32At(bytes, at + 12))
  return size < 8 ? Number.POSITIVE_INFINITY : size
}

/**
 * How a fragment begins: the decode time of its first track, and whether the first sample of every track needs no other.
 * @throws CodecError bmff-…
 */
function fragmentBegin(
  bytes: Uint8Array,
  offset: number,
): { track: number; decodeTicks: number | null; sync: boolean } | null {
  const moof = readBoxes(bytes, offset)[0]
  if (moof === undefined) return null
  const seen = new Set<number>()
  let sync = true
  for (const { track, samples } of fragmentRuns(bytes, moof)) {
    if (seen.has(track)) continue
    seen.add(track)
    if (samples[0]?.sync === false) sync = false
  }
  const traf = childBoxes(bytes, moof).find(({ type }) => type === 'traf')
  const tfhd = traf === undefined ? undefined : findBox(bytes, traf, 'tfhd')
  if (traf === undefined || tfhd === undefined) return null
  const track = u32At(bytes, fullBox(bytes, tfhd, 4).fields)
  const tfdt = findBox(bytes, traf, 'tfdt')
  return { track, decodeTicks: tfdt === undefined ? null : decodeTicksOf(bytes, tfdt), sync }
}

function decodeTicksOf(bytes: Uint8Array, tfdt: Parameters<typeof fullBox>[1]): number {
  const { version, fields } = fullBox(bytes, tfdt, 4)
  if (version === 0) return u32At(bytes, fields)
  fullBox(bytes, tfdt, 8)
  return u32At(bytes, fields) * 2 ** 32 + u32At(bytes, fields + 4)
}

/** The value, or another where the bytes are malformed. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CodecError) return otherwise
    throw error
  }
}
